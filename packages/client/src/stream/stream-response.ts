import type { ManagedStream } from '@gemini/stream-manager';
import { toSseResponse } from '@gemini/stream-manager/sse';
import type { StoredStreamEvent, StreamOutcome } from '../types.ts';
import { type ServedEvents, encodeServedEnd, servedEncoder } from './served-events.ts';

/** Options of `stream.toResponse()`. */
export interface StreamResponseOptions {
  /**
   * `text`: the answer text alone; the body fails unless the answer completes. `sse`: server-sent events, whose last frame
   * is the outcome.
   */
  readonly as: 'text' | 'sse';
  /** The kinds of events beside text and discards, for `sse`. @defaultValue none */
  readonly include?: readonly ServedEvents[] | undefined;
  /**
   * For `sse`: a comment is sent after a silence of this many milliseconds, so that proxies and gateways keep the
   * connection. `Infinity` is off.
   * @defaultValue 15,000
   */
  readonly keepAliveMs?: number | undefined;
  /** Added to the headers of the response. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

const encoder = new TextEncoder();

/** Returns a response whose body is the answer text. Nothing is read from the stream before the body is. */
export function textResponse(
  open: () => AsyncIterator<string, undefined>,
  outcome: () => Promise<StreamOutcome>,
  headers: Readonly<Record<string, string>> = {},
): Response {
  let texts: AsyncIterator<string, undefined> | undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await (texts ??= open()).next();
        if (!done) return controller.enqueue(encoder.encode(value));
        const { status, error } = await outcome();
        if (status === 'completed') controller.close();
        else controller.error(error);
      },
      async cancel() {
        await (texts ??= open()).return?.();
      },
    },
    { highWaterMark: 0 },
  );
  const own = {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  };
  return new Response(body, { headers: { ...own, ...headers } });
}

/**
 * Returns a response with the events of a stream. `onFollowed` is called when the body has subscribed to the stream, or
 * when it was cancelled before.
 */
export function sseResponse(
  managed: ManagedStream<StoredStreamEvent, StreamOutcome>,
  { include, keepAliveMs, headers }: StreamResponseOptions,
  onFollowed: () => void,
): Response {
  const encode = servedEncoder(include);
  const served = toSseResponse(managed, {
    encode,
    encodeEnd: encodeServedEnd,
    keepAliveMs,
    headers,
    onSlow: 'pause',
  });
  const reader = served.body?.getReader();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const step = await reader?.read();
        // The first frame is a comment, which is sent when the response subscribes.
        onFollowed();
        if (step === undefined || step.done) controller.close();
        else controller.enqueue(step.value);
      },
      async cancel(reason) {
        await reader?.cancel(reason);
        onFollowed();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { status: served.status, headers: served.headers });
}
