import { openSse } from './open-sse.ts';
import type { SseOptions } from './sse-options.ts';
import type { ManagedStream } from '../types.ts';

// What may wait in the response before its reader counts as slow, in bytes.
const HIGH_WATER_MARK = 65_536;

/**
 * Serves a stream as a web `Response`: 200 with the events, 404 for no stream, 410 when what the reader needs is no
 * longer held, and 204 when the reader has everything, the end included. Cancelling the body leaves the stream.
 */
export function toSseResponse<Event, Result>(
  stream: ManagedStream<Event, Result> | undefined,
  options: SseOptions<Event, Result> = {},
): Response {
  const answer = openSse(stream, options);
  const { status, headers } = answer;
  if (answer.status !== 200) return new Response(answer.body, { status, headers });

  let resume: (() => void) | undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        answer.follow({
          write(bytes) {
            controller.enqueue(bytes);
            if ((controller.desiredSize ?? 1) > 0) return undefined;
            return new Promise((resolve) => (resume = resolve));
          },
          finish: () => controller.close(),
          abandon: (error) => controller.error(error),
        });
      },
      pull() {
        resume?.();
        resume = undefined;
      },
      cancel: () => answer.leave(),
    },
    { highWaterMark: HIGH_WATER_MARK, size: (bytes) => bytes?.byteLength ?? 0 },
  );
  return new Response(body, { status, headers });
}
