import type { Reply, WireStep } from '../wire/reply.ts';
import { type ChunkSize, splitBytes } from './split-bytes.ts';

/** A recorded body that answers every call of a model, byte for byte. */
export interface Recording {
  readonly body: Uint8Array;
  /** @defaultValue 'text/event-stream' */
  readonly contentType?: string | undefined;
  /** @defaultValue 200 */
  readonly status?: number | undefined;
  /** Sent as it is given: the body must already be in this encoding. */
  readonly contentEncoding?: string | undefined;
  /** Bytes a write, or where to cut. @defaultValue 'event' */
  readonly chunkBytes?: ChunkSize | undefined;
  /** Wait before each write, in milliseconds. @defaultValue 0 */
  readonly delayMs?: number | undefined;
}

/** The reply that plays a recording. */
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

/** Throws a `TypeError` for a recording that cannot be played. */
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
    throw new TypeError(`recording.delayMs: expected 0 or more, got ${String(delayMs)}`);
}
