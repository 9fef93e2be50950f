import type { EmulatorRequest, RequestRecord } from './emulator-request.ts';

/** Past this many the oldest finished requests are forgotten. */
const mostRequests = 10_000;

/** The requests an emulator has seen, oldest first. */
export interface RequestLog {
  readonly requests: readonly EmulatorRequest[];
  /** A new id, unique within the emulator. */
  nextId(): string;
  add(record: RequestRecord): void;
  /** Those whose path begins with the prefix; all of them without one. */
  list(prefix?: string): readonly EmulatorRequest[];
  /** Forgets those whose path begins with the prefix; all of them without one. */
  clear(prefix?: string): void;
}

/** An empty log. `requests` stays the same array for its life. */
export function createRequestLog(): RequestLog {
  const requests: RequestRecord[] = [];
  let count = 0;
  const matches = (request: EmulatorRequest, prefix: string): boolean =>
    request.path === prefix || request.path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
  return {
    requests,
    nextId() {
      count += 1;
      return `request-${count}`;
    },
    add(record) {
      requests.push(record);
      if (requests.length > mostRequests) requests.splice(0, requests.length - mostRequests);
    },
    list: (prefix) => (prefix ? requests.filter((request) => matches(request, prefix)) : [...requests]),
    clear(prefix) {
      const kept = prefix ? requests.filter((request) => !matches(request, prefix)) : [];
      requests.splice(0, requests.length, ...kept);
    },
  };
}
