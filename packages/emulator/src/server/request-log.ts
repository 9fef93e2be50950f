import type { EmulatorRequest, RequestRecord } from './emulator-request.ts';

/** Past this many the oldest finished requests are forgotten. */
const mostRequests = 10_000;

/** The requests an emulator has seen, oldest first. */
export interface RequestLog {
  readonly requests: readonly EmulatorRequest[];
  /** A new id, unique within the emulator. */
  nextId(): string;
  add(record: RequestRecord): void;
  /** To be told when a request is over. */
  close(): void;
  whenReceived(count: number): Promise<readonly EmulatorRequest[]>;
  whenClosed(id: string): Promise<EmulatorRequest>;
  /** Those whose path begins with the prefix; all of them without one. */
  list(prefix?: string): readonly EmulatorRequest[];
  /** Forgets those whose path begins with the prefix; all of them without one. */
  clear(prefix?: string): void;
}

/** An empty log. `requests` stays the same array for its life. */
export function createRequestLog(): RequestLog {
  const requests: RequestRecord[] = [];
  const waiting = new Set<() => boolean>();
  let count = 0;
  const check = (): void => {
    for (const isDone of waiting) if (isDone()) waiting.delete(isDone);
  };
  const when = <Value>(find: () => Value | undefined): Promise<Value> =>
    new Promise((resolve) => {
      const isDone = (): boolean => {
        const found = find();
        if (found !== undefined) resolve(found);
        return found !== undefined;
      };
      if (!isDone()) waiting.add(isDone);
    });
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
      check();
    },
    close: check,
    whenReceived: (wanted) => when(() => (requests.length >= wanted ? requests : undefined)),
    whenClosed: (id) => when(() => requests.find((request) => request.id === id && request.closedAt !== undefined)),
    list: (prefix) => (prefix ? requests.filter((request) => matches(request, prefix)) : [...requests]),
    clear(prefix) {
      const kept = prefix ? requests.filter((request) => !matches(request, prefix)) : [];
      requests.splice(0, requests.length, ...kept);
    },
  };
}
