import { encodeSse } from '@gemini/sse-parser';
import type { StreamPosition } from '../event-log.ts';
import type { GapEvent, StreamEnd } from '../types.ts';
import type { EncodedEvent, SseOptions } from './sse-options.ts';

type Encode<Event> = (event: Event, position: StreamPosition) => EncodedEvent | undefined;

/** Returns the frame of an event; an event is encoded once while it is among the newest. */
export type FrameOf<Event> = (event: Event, position: StreamPosition) => Uint8Array | undefined;

// Frames cached for later readers, by stream and encoding: most answers fit whole.
const maxCachedBytes = 1_048_576;
// EventSource fires `open` and `error` itself; the other two have their meaning here.
const reserved = new Set(['open', 'error', 'end', 'gap']);
const encoder = new TextEncoder();
const caches = new WeakMap<object, WeakMap<object, unknown>>();

/** Returns the frames of a stream. All callers with the same stream and the same `encode` share them. */
export function framesOf<Event>(stream: object, encode: Encode<Event> = encodeJson): FrameOf<Event> {
  let byStream = caches.get(encode);
  if (byStream === undefined) {
    byStream = new WeakMap();
    caches.set(encode, byStream);
  }
  let frameOf = byStream.get(stream) as FrameOf<Event> | undefined;
  if (frameOf === undefined) {
    frameOf = cacheFrames(encode);
    byStream.set(stream, frameOf);
  }
  return frameOf;
}

function cacheFrames<Event>(encode: Encode<Event>): FrameOf<Event> {
  // Two generations: when the younger is full the older is dropped whole, which costs nothing per frame.
  let young = new Map<StreamPosition, Uint8Array | undefined>();
  let old = new Map<StreamPosition, Uint8Array | undefined>();
  let youngBytes = 0;

  return (event, position) => {
    const kept = young.get(position) ?? old.get(position);
    if (kept !== undefined || young.has(position) || old.has(position)) return kept;
    const frame = encodeEvent(encode(event, position), position);
    young.set(position, frame);
    youngBytes += position.length + (frame?.byteLength ?? 0);
    if (youngBytes > maxCachedBytes / 2) {
      old = young;
      young = new Map();
      youngBytes = 0;
    }
    return frame;
  };
}

function encodeEvent(encoded: EncodedEvent | undefined, id: StreamPosition): Uint8Array | undefined {
  if (encoded === undefined) return undefined;
  const { data, event }: Exclude<EncodedEvent, string> = typeof encoded === 'string' ? { data: encoded } : encoded;
  if (event !== undefined && reserved.has(event)) {
    throw new TypeError(`encode: expected an event name other than ${[...reserved].join(', ')}, got ${event}`);
  }
  return encoder.encode(encodeSse({ id, event, data }));
}

/** Returns the first bytes of every answer: a comment, so that they leave at once and reveal buffers on the way. */
export function openingFrame(retryMs: number | undefined): Uint8Array {
  return encoder.encode(encodeSse({ comment: 'open', retryMs }));
}

/** The comment that is sent after a silence. */
export const keepAliveFrame: Uint8Array = encoder.encode(encodeSse({ comment: 'keep-alive' }));

/** Returns the frame that reports events that the reader has missed. */
export function gapFrame({ from, to }: GapEvent): Uint8Array {
  return encoder.encode(encodeSse({ id: to, event: 'gap', data: JSON.stringify({ from, to }) }));
}

/** Returns the last frame. Its id is the end's position: a reader that reconnects with it needs nothing more. */
export function endFrame<Result>(
  end: StreamEnd<Result>,
  id: StreamPosition | undefined,
  encodeEnd: SseOptions<unknown, Result>['encodeEnd'] = encodeEndJson,
): Uint8Array {
  return encoder.encode(encodeSse({ id, event: 'end', data: encodeEnd(end) }));
}

function encodeEndJson({ status, eventsCount, reason, error }: StreamEnd<unknown>): string {
  // A message may contain private data; a name and a code are chosen by programmers.
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return JSON.stringify({
    status,
    eventsCount,
    reason: typeof reason === 'string' ? reason : undefined,
    error: status === 'failed' ? { name: textOf(name) ?? 'Error', code: textOf(code) } : undefined,
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function encodeJson(event: unknown): string | undefined {
  return JSON.stringify(event);
}
