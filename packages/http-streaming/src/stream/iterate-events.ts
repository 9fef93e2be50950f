import type { SseEvent } from '@gemini/sse-parser';
import type { HttpStreamError } from '../errors.ts';
import type { EventStream } from '../types.ts';

type Result = IteratorResult<SseEvent, undefined>;

/** The object of an event and its place in the queue: many small events count too. */
const eventOverheadBytes = 128;

/**
 * Pulls a stream's events one at a time. Written by hand, because a generator's `return()` waits for its pending
 * `next()`: leaving must close the socket at once. At most `maxBufferedBytes` wait here; past it the socket rests.
 */
export function iterateEvents(
  stream: Pick<EventStream, 'consume' | 'cancel'>,
  maxBufferedBytes: number,
): AsyncIterator<SseEvent, undefined> {
  const waiting: PromiseWithResolvers<Result>[] = [];
  let queue: SseEvent[] = [];
  let taken = 0;
  let queuedBytes = 0;
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
      queuedBytes += sizeOf(event);
      if (queuedBytes >= maxBufferedBytes) control.pause();
    },
    end: () => finish(undefined),
    error: (error) => finish(error),
  });

  function finish(error: HttpStreamError | undefined): void {
    if (ended) return;
    ended = true;
    failure = error;
    for (const waiter of waiting.splice(0)) settle(waiter);
  }
  /** The failure is thrown once; after it the iteration is over. */
  function settle(waiter: PromiseWithResolvers<Result>): void {
    const error = failure;
    failure = undefined;
    if (error === undefined) waiter.resolve({ done: true, value: undefined });
    else waiter.reject(error);
  }
  function take(): SseEvent | undefined {
    const event = queue[taken];
    if (event === undefined) return undefined;
    taken += 1;
    queuedBytes -= sizeOf(event);
    // Instead of a shift for each event, which moves all that stand behind it.
    if (taken === queue.length) {
      queue = [];
      taken = 0;
    }
    return event;
  }

  return {
    next() {
      const event = take();
      if (event !== undefined) return Promise.resolve({ done: false, value: event });
      const waiter = Promise.withResolvers<Result>();
      if (ended) settle(waiter);
      else {
        waiting.push(waiter);
        control.resume();
      }
      return waiter.promise;
    },
    return() {
      // Before the stream hears of it: who leaves is not told that the stream was cancelled.
      ended = true;
      failure = undefined;
      queue = [];
      taken = 0;
      stream.cancel();
      for (const waiter of waiting.splice(0)) settle(waiter);
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

/** An upper bound: V8 stores a character in one byte or two. */
function sizeOf({ data, event = '', id = '' }: SseEvent): number {
  return 2 * (data.length + event.length + id.length) + eventOverheadBytes;
}
