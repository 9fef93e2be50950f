import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ManagedStream } from '../types.ts';
import { openSse } from './open-sse.ts';
import type { SseOptions } from './sse-options.ts';

/** Options of `pipeSse`. */
export interface PipeSseOptions<Event = unknown, Result = unknown> extends SseOptions<Event, Result> {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Serves a stream to a request of Node's `http`, with the same answers as `toSseResponse`. Resolves when the response is
 * closed, for any reason; rejects if `encode` or `encodeEnd` throws.
 */
export async function pipeSse<Event, Result>(
  stream: ManagedStream<Event, Result> | undefined,
  { request, response, ...options }: PipeSseOptions<Event, Result>,
): Promise<void> {
  const lastEventId = options.lastEventId ?? headerOf(request);
  const answer = openSse(stream, { ...options, lastEventId });
  const closed = new Promise<void>((resolve) => {
    if (response.closed) resolve();
    else response.once('close', resolve);
  });
  let failure: { readonly error: unknown } | undefined;
  try {
    // The reader may have gone while the caller looked its stream up.
    if (response.destroyed) return;
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    if (answer.status !== 200) response.end(answer.body ?? undefined);
    else if (request.method === 'HEAD') response.end();
    else {
      answer.follow({
        write(bytes) {
          // A destroyed response reports a write to it as an error without a listener.
          if (response.destroyed || response.write(bytes)) return undefined;
          return new Promise((resolve) => response.once('drain', resolve));
        },
        finish: () => void response.end(),
        abandon(error) {
          // A reader that is cut off comes back: a closing manager sends it to another process.
          const { code } = (error ?? {}) as { code?: unknown };
          if (code !== 'slow-subscriber' && code !== 'manager-closed') failure = { error };
          response.destroy();
        },
      });
    }
    await closed;
  } finally {
    answer.leave();
  }
  if (failure !== undefined) throw failure.error;
}

function headerOf(request: IncomingMessage): string | undefined {
  const value = request.headers['last-event-id'];
  return typeof value === 'string' ? value : value?.[0];
}

// The bytes that may wait in the response before its reader counts as slow.
const maxWaitingBytes = 65_536;

/**
 * Serves a stream as a web `Response`: 200 with the events, 404 for no stream, 410 if the events that the reader needs
 * are no longer held, and 204 if the reader has everything, including the end. The first read of the body subscribes to
 * the stream, cancelling the body leaves it.
 *
 * @throws TypeError for an unknown option and for an invalid value
 */
export function toSseResponse<Event, Result>(
  stream: ManagedStream<Event, Result> | undefined,
  options: SseOptions<Event, Result> = {},
): Response {
  const answer = openSse(stream, options);
  const { status, headers } = answer;
  if (answer.status !== 200) return new Response(answer.body, { status, headers });

  let isFollowing = false;
  let resume: (() => void) | undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      // With a mark of 0 this is called by a read: a response that is never read subscribes to nothing.
      pull(controller) {
        resume?.();
        resume = undefined;
        if (isFollowing) return;
        isFollowing = true;
        answer.follow({
          write(bytes) {
            controller.enqueue(bytes);
            if (-(controller.desiredSize ?? 0) < maxWaitingBytes) return undefined;
            return new Promise((resolve) => (resume = resolve));
          },
          finish: () => controller.close(),
          abandon: (error) => controller.error(error),
        });
      },
      cancel: () => answer.leave(),
    },
    { highWaterMark: 0, size: (bytes) => bytes?.byteLength ?? 0 },
  );
  return new Response(body, { status, headers });
}
