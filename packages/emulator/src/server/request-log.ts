import type { Fault } from '../faults/faults.ts';

/** One write of body bytes, as the server made it. */
export interface RecordedWrite {
  /** Epoch milliseconds with a fraction (`performance.timeOrigin + performance.now()`), just before the write. */
  readonly atMs: number;
  readonly bytes: number;
  /** What was written, where it is text of at most 64 KiB. */
  readonly text?: string | undefined;
}

/** What the emulator saw of one request and did about it. It changes while the request is being answered. */
export interface EmulatorRequest {
  /** The value of the response's `x-emulator-request` header. */
  readonly id: string;
  readonly method: string;
  /** Path and query, credentials redacted. */
  readonly path: string;
  /** What stands before the API version in the path. */
  readonly prefix: string;
  readonly httpVersion: string;
  /** Lower-case names; credentials redacted. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed where it is JSON, the text where it is not, `undefined` without a body. */
  readonly body: unknown;
  /** Size of the body as it was decoded. */
  readonly requestBytes: number;
  /** Epoch milliseconds, when the headers of the request were in. */
  readonly receivedAt: number;
  /** The scenario that shaped the answer. */
  readonly scenario?: string | undefined;
  /** What that scenario did to it. */
  readonly faults?: readonly Fault[] | undefined;
  /** The seed of all that was random about them: sent back as `x-emulator-seed`, it runs the same again. */
  readonly seed?: number | undefined;
  readonly status?: number | undefined;
  /** The first 10,000 writes. */
  readonly writes: readonly RecordedWrite[];
  readonly writesCount: number;
  /** Body bytes given to the socket so far. It stops growing when a slow reader's socket is full. */
  readonly bytesWritten: number;
  /** Whether a write is stuck: the socket takes no more bytes until the client reads. */
  readonly backpressured: boolean;
  /** Epoch milliseconds when a write last got stuck; `undefined` if none did. It stays after the client has read on. */
  readonly backpressuredAt?: number | undefined;
  /** Epoch milliseconds of the end, whoever made it. */
  readonly closedAt?: number | undefined;
  /** `client`: it left before the server was done. */
  readonly closedBy?: 'server' | 'client' | undefined;
}

/** The same, to be filled in by the server. */
export type RequestRecord = { -readonly [Field in keyof EmulatorRequest]: EmulatorRequest[Field] } & {
  writes: RecordedWrite[];
};

/** The present as epoch milliseconds with a fraction, on the clock that does not jump. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

const longestText = 64 * 1024;
const mostWrites = 10_000;

/** Notes a write; its text too unless it is long or not text at all. */
export function recordWrite(record: RequestRecord, bytes: Uint8Array, isText: boolean): void {
  record.writesCount += 1;
  record.bytesWritten += bytes.byteLength;
  if (record.writes.length >= mostWrites) return;
  const text =
    isText && bytes.byteLength <= longestText
      ? { text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8') }
      : {};
  record.writes.push({ atMs: nowMs(), bytes: bytes.byteLength, ...text });
}

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
