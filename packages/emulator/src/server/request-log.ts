import type { Fault } from '../faults/faults.ts';

/** One write of body bytes, as the server made it. */
export interface RecordedWrite {
  /** The time just before the write, in epoch milliseconds with a fraction (`performance.timeOrigin + performance.now()`). */
  readonly atMs: number;
  readonly bytes: number;
  /** The written text, if it is uncompressed and at most 64 KiB long. */
  readonly text?: string | undefined;
}

/** One request and its answer. The object is updated while the answer is sent. */
export interface EmulatorRequest {
  /** The value of the response's `x-emulator-request` header. */
  readonly id: string;
  readonly method: string;
  /** Path and query, with credentials redacted. */
  readonly path: string;
  /** The part of the path before the API version. */
  readonly prefix: string;
  readonly httpVersion: string;
  /** Headers with lower-case names, with credentials redacted. */
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed JSON, or the text if it is not JSON; `undefined` without a body. */
  readonly body: unknown;
  /** The size of the decoded body in bytes. */
  readonly requestBytes: number;
  /** The time when the headers of the request had arrived, in epoch milliseconds. */
  readonly receivedAt: number;
  /** The name of the scenario that was applied. */
  readonly scenario?: string | undefined;
  /** The faults of that scenario. */
  readonly faults?: readonly Fault[] | undefined;
  /** The seed of the random faults. Send it as `x-emulator-seed` to repeat them. */
  readonly seed?: number | undefined;
  readonly status?: number | undefined;
  /** The first 10,000 writes. */
  readonly writes: readonly RecordedWrite[];
  readonly writesCount: number;
  /** Body bytes passed to the socket so far. The number stops growing when the client stops reading. */
  readonly bytesWritten: number;
  /** Whether a write is blocked: the socket takes no more bytes until the client reads. */
  readonly backpressured: boolean;
  /** The last time when a write became blocked, in epoch milliseconds. It stays set after the client continues to read. */
  readonly backpressuredAt?: number | undefined;
  /** The time when the server or the client ended the request, in epoch milliseconds. */
  readonly closedAt?: number | undefined;
  /** `client` if the client left before the server had finished. */
  readonly closedBy?: 'server' | 'client' | undefined;
}

/** The request as the server fills it in. */
export type RequestRecord = { -readonly [Field in keyof EmulatorRequest]: EmulatorRequest[Field] } & {
  writes: RecordedWrite[];
};

/** Returns epoch milliseconds with a fraction, from the monotonic clock. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

const maxTextBytes = 64 * 1024;
const maxWrites = 10_000;

/** Records a write, with its text unless that is long or compressed. */
export function recordWrite(record: RequestRecord, bytes: Uint8Array, isText: boolean): void {
  record.writesCount += 1;
  record.bytesWritten += bytes.byteLength;
  if (record.writes.length >= maxWrites) return;
  const text =
    isText && bytes.byteLength <= maxTextBytes
      ? { text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8') }
      : {};
  record.writes.push({ atMs: nowMs(), bytes: bytes.byteLength, ...text });
}

const maxRequests = 10_000;
const maxHeldBytes = 256 * 1024 * 1024;

/** The requests that an emulator has received, oldest first. Drops the oldest finished ones past its limits. */
export class RequestLog {
  readonly #requests: RequestRecord[] = [];
  /** The approximate size of each listed record; 0 while it is being answered. */
  readonly #bytes = new Map<RequestRecord, number>();
  readonly #waiting = new Set<() => boolean>();
  readonly #onRequestEnd: ((request: EmulatorRequest) => void) | undefined;
  #heldBytes = 0;
  #count = 0;

  constructor(onRequestEnd?: (request: EmulatorRequest) => void) {
    this.#onRequestEnd = onRequestEnd;
  }

  /** Always the same array. */
  get requests(): readonly EmulatorRequest[] {
    return this.#requests;
  }

  /** Returns a new id, unique within the emulator. */
  nextId(): string {
    this.#count += 1;
    return `request-${this.#count}`;
  }

  add(record: RequestRecord): void {
    this.#requests.push(record);
    this.#bytes.set(record, 0);
    this.#dropOldest();
    this.#settle();
  }

  /** Records that a request has ended. */
  close(record: RequestRecord): void {
    if (!this.#bytes.has(record)) return;
    const bytes = sizeOf(record);
    this.#bytes.set(record, bytes);
    this.#heldBytes += bytes;
    this.#dropOldest();
    this.#settle();
    this.#onRequestEnd?.(record);
  }

  /** Records that a write of the request is blocked, with the time. */
  markBackpressured(record: RequestRecord): void {
    record.backpressured = true;
    record.backpressuredAt = nowMs();
    this.#settle();
  }

  whenReceived(count: number): Promise<readonly EmulatorRequest[]> {
    return this.#when(() => (this.#requests.length >= count ? this.#requests : undefined));
  }

  whenClosed(id: string): Promise<EmulatorRequest> {
    return this.#when(() => this.#requests.find((request) => request.id === id && request.closedAt !== undefined));
  }

  /** Resolves when a write of the request is blocked. Rejects if the request ends first. */
  whenBackpressured(id: string): Promise<EmulatorRequest> {
    return this.#when(() => {
      const request = this.#requests.find((each) => each.id === id);
      if (request?.closedAt !== undefined)
        throw new Error(`${id}: expected a blocked write, but the request has ended`);
      return request?.backpressured === true ? request : undefined;
    });
  }

  /** Returns the requests whose path begins with the prefix, or all requests without a prefix. */
  list(prefix = ''): readonly EmulatorRequest[] {
    return this.#matching(prefix);
  }

  /** Removes the requests whose path begins with the prefix, or all requests without a prefix. */
  clear(prefix = ''): void {
    for (const record of this.#matching(prefix)) {
      this.#requests.splice(this.#requests.indexOf(record), 1);
      this.#forget(record);
    }
  }

  #matching(prefix: string): RequestRecord[] {
    if (prefix === '') return [...this.#requests];
    const folder = prefix.endsWith('/') ? prefix : `${prefix}/`;
    return this.#requests.filter(({ path }) => path === prefix || path.startsWith(folder));
  }

  #dropOldest(): void {
    while (this.#requests.length > maxRequests || this.#heldBytes > maxHeldBytes) {
      const oldest = this.#requests.findIndex((request) => request.closedAt !== undefined);
      if (oldest === -1) return;
      for (const record of this.#requests.splice(oldest, 1)) this.#forget(record);
    }
  }

  #forget(record: RequestRecord): void {
    this.#heldBytes -= this.#bytes.get(record) ?? 0;
    this.#bytes.delete(record);
  }

  #settle(): void {
    for (const isSettled of this.#waiting) if (isSettled()) this.#waiting.delete(isSettled);
  }

  /** Resolves with the first value that `find` returns; rejects with the first error that it throws. */
  #when<Value>(find: () => Value | undefined): Promise<Value> {
    return new Promise((resolve, reject) => {
      const isSettled = (): boolean => {
        try {
          const found = find();
          if (found !== undefined) resolve(found);
          return found !== undefined;
        } catch (error) {
          reject(error);
          return true;
        }
      };
      if (!isSettled()) this.#waiting.add(isSettled);
    });
  }
}

/** Estimates the size of a record in bytes: the request body, and the text and time of each write. */
function sizeOf({ requestBytes, writes }: RequestRecord): number {
  return requestBytes + writes.reduce((sum, { text }) => sum + 100 + (text?.length ?? 0), 0);
}
