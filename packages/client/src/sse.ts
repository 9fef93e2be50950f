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
 * reader whose events are no longer held 410. With a `streamLog` the stream may be that of any process, and 503 is the
 * answer if the log does not answer.
 * @throws TypeError for an invalid client, id or option
 */
export async function toSseResponse(gemini: Gemini, id: string, options: ServeOptions = {}): Promise<Response> {
  const stream = await find(gemini, id);
  if (stream !== 'unavailable') return toResponse(stream, encoded(options));
  return new Response(unavailableBody, { status: 503, headers: unavailableHeaders(options) });
}

/**
 * Serves the same to a request of Node's `http`. Resolves when the response is closed.
 * @throws TypeError for an invalid client, id or option
 */
export async function pipeSse(gemini: Gemini, id: string, options: PipeServeOptions): Promise<void> {
  const { request, response } = options;
  const stream = await find(gemini, id);
  if (stream !== 'unavailable') return pipe(stream, { ...encoded(options), request, response });
  if (!response.destroyed) response.writeHead(503, unavailableHeaders(options)).end(unavailableBody);
}

type Stream = ManagedStream<StoredStreamEvent, StreamOutcome>;

const unavailableBody = JSON.stringify({ error: { code: 'log-unavailable' } });

function unavailableHeaders({ headers }: ServeOptions): Record<string, string> {
  return { 'cache-control': 'no-store', 'content-type': 'application/json', ...headers };
}

/** Finds a stream by its id, in any process. Returns `undefined` if no process has it. */
async function find(gemini: Gemini, id: string): Promise<Stream | 'unavailable' | undefined> {
  const streams: unknown = (gemini as Partial<Gemini> | undefined)?.streams;
  if (typeof (streams as { get?: unknown } | undefined)?.get !== 'function') {
    throw new TypeError(
      'gemini: expected the client that createGemini() returned; for one stream, use stream.toResponse()',
    );
  }
  if (typeof id !== 'string') throw new TypeError(`id: expected the id that startStream() returned, got ${typeof id}`);
  try {
    return await gemini.streams.attach(id);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'log-unavailable' || code === 'manager-closed') return 'unavailable';
    // The id comes from the request: one that no log could keep is that of no stream.
    if (code === 'stream-not-found' || error instanceof TypeError) return undefined;
    throw error;
  }
}

function encoded({ include, ...options }: ServeOptions): SseOptions<StoredStreamEvent, StreamOutcome> {
  return { ...options, encode: servedEncoder(include), encodeEnd: encodeServedEnd };
}
