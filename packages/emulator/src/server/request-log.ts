import { type EmulatorRequest, nowMs, type RequestRecord } from './emulator-request.ts';

/** Past this many, or this much, the oldest finished requests are forgotten. */
const mostRequests = 10_000;
const mostBytes = 256 * 1024 * 1024;

/** About what a record holds: its request's body, and for each write its text and its time. */
function weightOf({ requestBytes, writes }: RequestRecord): number {
  return requestBytes + writes.reduce((sum, { text }) => sum + 100 + (text?.length ?? 0), 0);
}

/** The requests an emulator has seen, oldest first. */
export interface RequestLog {
  readonly requests: readonly EmulatorRequest[];
  /** A new id, unique within the emulator. */
  nextId(): string;
  add(record: RequestRecord): void;
  /** To be told when a request is over. */
  close(record: RequestRecord): void;
  whenReceived(count: number): Promise<readonly EmulatorRequest[]>;
  whenClosed(id: string): Promise<EmulatorRequest>;
  /** Resolves when a write of the request is stuck. Rejects if the request ends first. */
  whenBackpressured(id: string): Promise<EmulatorRequest>;
  /** Records that a write of the request is stuck, and since when. */
  markBackpressured(record: RequestRecord): void;
  /** Those whose path begins with the prefix; all of them without one. */
  list(prefix?: string): readonly EmulatorRequest[];
  /** Forgets those whose path begins with the prefix; all of them without one. */
  clear(prefix?: string): void;
}

/** An empty log. `requests` stays the same array for its life. */
export function createRequestLog(): RequestLog {
  const requests: RequestRecord[] = [];
  /** What each listed record holds; nothing while it is being answered. */
  const weights = new Map<RequestRecord, number>();
  const waiting = new Set<() => boolean>();
  let heldBytes = 0;
  let count = 0;
  const forget = (record: RequestRecord): void => {
    heldBytes -= weights.get(record) ?? 0;
    weights.delete(record);
  };
  const forgetOldest = (): void => {
    while (requests.length > mostRequests || heldBytes > mostBytes) {
      const oldest = requests.findIndex((request) => request.closedAt !== undefined);
      if (oldest === -1) return;
      for (const record of requests.splice(oldest, 1)) forget(record);
    }
  };
  const check = (): void => {
    for (const isDone of waiting) if (isDone()) waiting.delete(isDone);
  };
  const when = <Value>(find: () => Value | undefined): Promise<Value> =>
    new Promise((resolve, reject) => {
      const isDone = (): boolean => {
        try {
          const found = find();
          if (found !== undefined) resolve(found);
          return found !== undefined;
        } catch (error) {
          reject(error);
          return true;
        }
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
      weights.set(record, 0);
      forgetOldest();
      check();
    },
    close(record) {
      if (!weights.has(record)) return;
      const weight = weightOf(record);
      weights.set(record, weight);
      heldBytes += weight;
      forgetOldest();
      check();
    },
    whenReceived: (wanted) => when(() => (requests.length >= wanted ? requests : undefined)),
    whenClosed: (id) => when(() => requests.find((request) => request.id === id && request.closedAt !== undefined)),
    whenBackpressured: (id) =>
      when(() => {
        const request = requests.find((each) => each.id === id);
        if (request?.closedAt !== undefined)
          throw new Error(`${id}: expected a stuck write, but the request has ended`);
        return request?.backpressured === true ? request : undefined;
      }),
    markBackpressured(record) {
      record.backpressured = true;
      record.backpressuredAt = nowMs();
      check();
    },
    list: (prefix) => (prefix ? requests.filter((request) => matches(request, prefix)) : [...requests]),
    clear(prefix) {
      const cleared = prefix ? requests.filter((request) => matches(request, prefix)) : [...requests];
      for (const record of cleared) {
        requests.splice(requests.indexOf(record), 1);
        forget(record);
      }
    },
  };
}
