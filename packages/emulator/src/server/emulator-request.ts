import type { Fault } from '../scenario/scenario.ts';

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
