import type { IncomingMessage, ServerResponse } from 'node:http';
import { openSse } from './open-sse.ts';
import type { SseOptions } from './sse-options.ts';
import type { ManagedStream } from '../types.ts';

/** How a stream is served to a request of Node's `http` server. */
export interface PipeSseOptions<Event = unknown, Result = unknown> extends SseOptions<Event, Result> {
  request: IncomingMessage;
  response: ServerResponse;
}

/**
 * Serves a stream to a request of Node's `http`, with the same answers as `toSseResponse`. Resolves when the connection
 * has done with the response, however that came about; rejects when `encode` or `encodeEnd` throws.
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
          // A destroyed response reports a write to it as an error that nobody listens to.
          if (response.destroyed || response.write(bytes)) return undefined;
          return new Promise((resolve) => response.once('drain', resolve));
        },
        finish: () => void response.end(),
        abandon(error) {
          if ((error as { code?: unknown } | undefined)?.code !== 'slow-subscriber') failure = { error };
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
