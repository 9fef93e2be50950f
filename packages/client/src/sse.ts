import type { ManagedStream } from '@gemini/stream-manager';
import {
  type PipeSseOptions,
  type SseOptions,
  pipeSse as pipe,
  toSseResponse as toResponse,
} from '@gemini/stream-manager/sse';
import type { Gemini } from './create-gemini.ts';
import { type ServedEvents, encodeServedEnd, servedEncoder } from './stream/served-events.ts';
import type { StoredStreamEvent, StreamOutcome } from './types.ts';

export type { ServedEnd, ServedEvents } from './stream/served-events.ts';

/** Options of `toSseResponse`. */
export interface ServeOptions extends Omit<SseOptions, 'encode' | 'encodeEnd'> {
  /**
   * The kinds of events that a page gets beside text and discards. Arguments and results of functions may be private: name
   * them only for pages that may see them.
   * @defaultValue none
   */
  readonly include?: readonly ServedEvents[] | undefined;
}

/** Options of `pipeSse`. */
export interface PipeServeOptions extends ServeOptions, Pick<PipeSseOptions, 'request' | 'response'> {}

/**
 * Serves a stream that `startStream` started, as a web `Response` with server-sent events: text, discards and the named
 * kinds. The last frame, `event: end`, is the outcome. An unknown id is 404, a reader that has everything 204, and a
 * reader whose events are no longer held 410.
 * @throws TypeError for an invalid client, id or option
 */
export async function toSseResponse(gemini: Gemini, id: string, options: ServeOptions = {}): Promise<Response> {
  return toResponse(await find(gemini, id), encoded(options));
}

/**
 * Serves the same to a request of Node's `http`. Resolves when the response is closed.
 * @throws TypeError for an invalid client, id or option
 */
export async function pipeSse(gemini: Gemini, id: string, options: PipeServeOptions): Promise<void> {
  return pipe(await find(gemini, id), { ...encoded(options), request: options.request, response: options.response });
}

type Stream = ManagedStream<StoredStreamEvent, StreamOutcome>;

// Asynchronous, because a stream may live in another process.
async function find(gemini: Gemini, id: string): Promise<Stream | undefined> {
  const streams: unknown = (gemini as Partial<Gemini> | undefined)?.streams;
  if (typeof (streams as { get?: unknown } | undefined)?.get !== 'function') {
    throw new TypeError(
      'gemini: expected the client that createGemini() returned; for one stream, use stream.toResponse()',
    );
  }
  if (typeof id !== 'string') throw new TypeError(`id: expected the id that startStream() returned, got ${typeof id}`);
  return gemini.streams.get(id);
}

function encoded({ include, ...options }: ServeOptions): SseOptions<StoredStreamEvent, StreamOutcome> {
  return { ...options, encode: servedEncoder(include), encodeEnd: encodeServedEnd };
}
