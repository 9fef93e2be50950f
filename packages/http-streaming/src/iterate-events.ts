import type { SseEvent } from '@gemini/sse-parser';
import type { HttpStreamError } from './errors.ts';
import type { EventStream } from './types.ts';

/**
 * Pulls a stream's events one at a time. Written by hand, because a generator's `return()` waits for its pending
 * `next()`: leaving must close the socket at once. At most `maxBufferedBytes` wait here; past it the socket rests.
 */
export function iterateEvents(
  stream: Pick<EventStream, 'consume' | 'cancel'>,
  maxBufferedBytes: number,
): AsyncIterator<SseEvent, undefined> {
  const waiting: PromiseWithResolvers<IteratorResult<SseEvent, undefined>>[] = [];
  const queue: SseEvent[] = [];
  let queuedLength = 0;
  let ended = false;
  let failure: HttpStreamError | undefined;

  const control = stream.consume({
    event(event) {
      const waiter = waiting.shift();
      if (waiter !== undefined) {
        waiter.resolve({ done: false, value: event });
        return;
      }
      queue.push(event);
      queuedLength += event.data.length;
      if (queuedLength >= maxBufferedBytes) control.pause();
    },
    end: () => finish(undefined),
    error: (error) => finish(error),
  });

  function finish(error: HttpStreamError | undefined): void {
    ended = true;
    failure = error;
    for (const waiter of waiting.splice(0)) settle(waiter);
  }
  function settle(waiter: PromiseWithResolvers<IteratorResult<SseEvent, undefined>>): void {
    const error = failure;
    failure = undefined;
    if (error === undefined) waiter.resolve({ done: true, value: undefined });
    else waiter.reject(error);
  }

  return {
    next() {
      const waiter = Promise.withResolvers<IteratorResult<SseEvent, undefined>>();
      const event = queue.shift();
      if (event !== undefined) {
        queuedLength -= event.data.length;
        waiter.resolve({ done: false, value: event });
      } else if (ended) settle(waiter);
      else {
        waiting.push(waiter);
        control.resume();
      }
      return waiter.promise;
    },
    return() {
      ended = true;
      failure = undefined;
      queue.length = 0;
      stream.cancel();
      for (const waiter of waiting.splice(0)) settle(waiter);
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}
