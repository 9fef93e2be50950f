import { createSseParser } from './create-sse-parser.ts';
import { createEventQueue } from './event-queue.ts';
import { openSource, type SourceChunk, type SseSource } from './sse-source.ts';
import type { SseEvent, SseStreamOptions } from './types.ts';

/** The options of `parseSse`. */
export interface ParseSseOptions extends SseStreamOptions {
  /** Aborting it ends the iteration at once with the signal's reason, and releases the source. */
  signal?: AbortSignal | undefined;
}

interface Waiter {
  resolve(result: IteratorResult<SseEvent, undefined>): void;
  reject(error: unknown): void;
}

type ReadState =
  | { readonly status: 'open' | 'reading' | 'over' }
  | { readonly status: 'failed'; readonly error: unknown };

const ignore = (): void => {};

/**
 * Reads events as a `for await` loop asks for them: the source is read one chunk at a time, and only when the events
 * of the last one are taken. Leaving the loop releases the source, also while a `next` is pending. An error of the
 * source, an `SseError` or an error of a callback ends the iteration, after the events in front of it.
 */
export const parseSse = (
  source: SseSource,
  options: ParseSseOptions = {},
): AsyncIterableIterator<SseEvent, undefined> => {
  const { signal, ...streamOptions } = options;
  const events = createEventQueue();
  const parser = createSseParser({ ...streamOptions, onEvent: (event) => events.add(event) });
  const reader = openSource(source);
  const waiters: Waiter[] = [];
  let state: ReadState = { status: 'open' };

  const isOver = (): boolean => state.status === 'over' || state.status === 'failed';

  const close = (next: ReadState): void => {
    state = next;
    signal?.removeEventListener('abort', abort);
  };

  const settle = (waiter: Waiter, event: SseEvent | undefined): void => {
    if (event !== undefined) waiter.resolve({ done: false, value: event });
    else if (state.status === 'failed') {
      const { error } = state;
      state = { status: 'over' };
      waiter.reject(error);
    } else waiter.resolve({ done: true, value: undefined });
  };

  /** Gives the waiting what there is, and reads on if that was not enough. */
  const serve = (): void => {
    for (let waiter = waiters[0]; waiter !== undefined; waiter = waiters[0]) {
      const event = events.take();
      if (event === undefined && !isOver()) break;
      waiters.shift();
      settle(waiter, event);
    }
    if (waiters.length > 0 && state.status === 'open') {
      state = { status: 'reading' };
      reader.read().then(takeChunk, takeFailure);
    }
  };

  const takeChunk = (chunk: SourceChunk): void => {
    if (isOver()) return;
    state = { status: 'open' };
    try {
      if (chunk.done) {
        close({ status: 'over' });
        reader.unlock();
        parser.end();
      } else parser.push(chunk.value);
    } catch (error) {
      if (!chunk.done) reader.release(error).catch(ignore);
      close({ status: 'failed', error });
    }
    serve();
  };

  const takeFailure = (error: unknown): void => {
    if (isOver()) return;
    close({ status: 'failed', error });
    serve();
  };

  const abort = (): void => {
    events.clear();
    close({ status: 'failed', error: signal?.reason });
    reader.release(signal?.reason).catch(ignore);
    serve();
  };

  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      const event = waiters.length === 0 ? events.take() : undefined;
      if (event !== undefined) return Promise.resolve({ done: false, value: event });
      return new Promise((resolve, reject) => {
        waiters.push({ resolve, reject });
        serve();
      });
    },
    async return() {
      const { status } = state;
      events.clear();
      close({ status: 'over' });
      serve();
      if (status === 'open') await reader.release();
      // A source that queues its `return` behind the pending read may never answer.
      else if (status === 'reading') reader.release().catch(ignore);
      return { done: true, value: undefined };
    },
  };
};
