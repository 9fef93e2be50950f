import type { GeminiStream } from '@gemini/client';
import type { ManagedStream, StreamEnd } from '@gemini/stream-manager';
import { type SseOptions, toSseResponse } from '@gemini/stream-manager/sse';
import type { UIMessageChunk } from 'ai';
import { toUIMessageStream, type ToUIMessageStreamOptions } from './to-ui-message-stream.ts';

/** Options of `toUIMessageStreamResponse`. */
export interface UIMessageStreamResponseOptions extends Omit<SseOptions, 'encode' | 'encodeEnd'> {
  /** For a stream that is not managed: how its events become chunks. */
  readonly message?: ToUIMessageStreamOptions | undefined;
}

/**
 * Serves chunks as the AI SDK reads them. A stream of a manager, whose log holds the chunks, is replayed from any position:
 * 404 for `undefined`, 204 for a reader that has everything, 410 if its events are no longer held. One answer alone is
 * served without positions.
 * @throws TypeError for an unknown option
 */
export function toUIMessageStreamResponse(
  stream: ManagedStream<UIMessageChunk, unknown> | GeminiStream | undefined,
  { message, ...options }: UIMessageStreamResponseOptions = {},
): Response {
  const headers = { 'x-vercel-ai-ui-message-stream': 'v1', ...options.headers };
  if (stream !== undefined && 'textStream' in stream) return answerResponse(stream, message, headers);
  return toSseResponse(stream, { ...options, headers, encode, encodeEnd });
}

/** One function for all readers, so that each chunk is encoded once. */
const encode = (chunk: UIMessageChunk): string => JSON.stringify(chunk);

/** A stream that ends without its last chunks was lost or stopped: a reader must not take it for whole. */
function encodeEnd({ status }: StreamEnd<unknown>): string {
  if (status === 'completed') return '[DONE]';
  const chunk: UIMessageChunk =
    status === 'stopped' ? { type: 'abort' } : { type: 'error', errorText: 'The answer was lost.' };
  return JSON.stringify(chunk);
}

const encoder = new TextEncoder();

function answerResponse(
  stream: GeminiStream,
  options: ToUIMessageStreamOptions | undefined,
  headers: Readonly<Record<string, string>>,
): Response {
  const chunks = toUIMessageStream(stream, options).getReader();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.read();
        controller.enqueue(encoder.encode(`data: ${done ? '[DONE]' : encode(value)}\n\n`));
        if (done) controller.close();
      },
      cancel: (reason) => chunks.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  const own = {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  };
  return new Response(body, { headers: { ...own, ...headers } });
}
