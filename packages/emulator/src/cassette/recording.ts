import type { Reply, WireStep } from '../wire/reply.ts';

/** A recorded body that answers every call of a model, byte for byte. */
export interface Recording {
  readonly body: Uint8Array;
  /** @defaultValue 'text/event-stream' */
  readonly contentType?: string | undefined;
  /** @defaultValue 200 */
  readonly status?: number | undefined;
  /** The `content-encoding` header. The body must already have this encoding. */
  readonly contentEncoding?: string | undefined;
  /** The size of each write: bytes, an event, or the whole body. @defaultValue 'event' */
  readonly chunkBytes?: ChunkSize | undefined;
  /** The wait before each write, in milliseconds. @defaultValue 0 */
  readonly delayMs?: number | undefined;
}

/** Returns the reply that plays a recording. */
export function playRecording(recording: Recording): Reply {
  return {
    status: recording.status ?? 200,
    headers: {
      'content-type': recording.contentType ?? 'text/event-stream',
      ...(recording.contentEncoding === undefined ? {} : { 'content-encoding': recording.contentEncoding }),
    },
    body: recordingSteps(recording),
  };
}

function* recordingSteps({ body, chunkBytes = 'event', delayMs = 0 }: Recording): Generator<WireStep> {
  for (const bytes of splitBytes(body, chunkBytes)) {
    if (delayMs > 0) yield { type: 'wait', ms: delayMs };
    yield { type: 'write', bytes };
  }
}

/** Checks a recording. @throws TypeError for an invalid field */
export function checkRecording({ body, chunkBytes, delayMs }: Recording): void {
  if (!(body instanceof Uint8Array)) throw new TypeError(`recording.body: expected a Uint8Array, got ${typeof body}`);
  const isSize =
    chunkBytes === undefined ||
    chunkBytes === 'whole' ||
    chunkBytes === 'event' ||
    (Number.isInteger(chunkBytes) && chunkBytes > 0);
  if (!isSize)
    throw new TypeError(
      `recording.chunkBytes: expected 'whole', 'event' or a positive integer, got ${String(chunkBytes)}`,
    );
  if (delayMs !== undefined && !(delayMs >= 0))
    throw new TypeError(`recording.delayMs: expected a number of at least 0, got ${String(delayMs)}`);
}

/** The size of each write of a recorded body: the whole body, an event, or a number of bytes. */
export type ChunkSize = number | 'whole' | 'event';

/** Splits a body into writes without copying it. */
function* splitBytes(body: Uint8Array, size: ChunkSize): Generator<Uint8Array> {
  if (size === 'whole') {
    if (body.byteLength > 0) yield body;
    return;
  }
  for (let start = 0; start < body.byteLength;) {
    const end = size === 'event' ? endOfEvent(body, start) : Math.min(start + size, body.byteLength);
    yield body.subarray(start, end);
    start = end;
  }
}

const lineFeed = 10;
const carriageReturn = 13;

/** Returns the offset after the next blank line (line ends may be CRLF, LF or CR), or the end of the body. */
function endOfEvent(body: Uint8Array, start: number): number {
  let lineIsEmpty = false;
  for (let at = start; at < body.byteLength; at += 1) {
    const byte = body[at];
    if (byte !== lineFeed && byte !== carriageReturn) {
      lineIsEmpty = false;
      continue;
    }
    if (byte === carriageReturn && body[at + 1] === lineFeed) at += 1;
    if (lineIsEmpty) return at + 1;
    lineIsEmpty = true;
  }
  return body.byteLength;
}
