import { createSseParser } from './create-sse-parser.ts';
import { openSource, type SseSource } from './sse-source.ts';
import type { SseEvent, SseStreamOptions } from './types.ts';

/** The options of `parseSse`. */
export interface ParseSseOptions extends SseStreamOptions {
  /** Aborting it ends the iteration with the signal's reason and releases the source. */
  signal?: AbortSignal | undefined;
}

interface Waiter {
  resolve(result: IteratorResult<SseEvent, undefined>): void;
  reject(error: unknown): void;
}

const ignore = (): void => {};

/**
 * Reads events from a source, as a `for await` loop asks for them: nothing is read ahead of the loop but the rest of
 * the chunk in hand. Leaving the loop releases the source, also while a `next` is pending. Errors of the source and
 * `SseError`s end the iteration, after the events in front of them.
 */
export const parseSse = (
  source: SseSource,
  options: ParseSseOptions = {},
): AsyncIterableIterator<SseEvent, undefined> => {
  const { signal, ...streamOptions } = options;
  const events: SseEvent[] = [];
  let nextEvent = 0;
  const parser = createSseParser({ ...streamOptions, onEvent: (event) => events.push(event) });
  const chunks = openSource(source);
  const waiters: Waiter[] = [];
  let reading = false;
  let over = false;
  let failure: { readonly error: unknown } | undefined;

  const takeEvent = (): SseEvent | undefined => {
    const event = events[nextEvent];
    if (event === undefined) return undefined;
    nextEvent += 1;
    if (nextEvent === events.length) {
      events.length = 0;
      nextEvent = 0;
    }
    return event;
  };

  const serve = (): void => {
    while (waiters.length > 0) {
      const event = takeEvent();
      if (event === undefined && !over) return;
      const waiter = waiters.shift();
      if (event !== undefined) waiter?.resolve({ done: false, value: event });
      else if (failure) {
        const { error } = failure;
        failure = undefined;
        waiter?.reject(error);
      } else waiter?.resolve({ done: true, value: undefined });
    }
  };

  const close = (): void => {
    over = true;
    signal?.removeEventListener('abort', abort);
  };

  const fail = (error: unknown): void => {
    if (over) return;
    failure = { error };
    close();
    chunks.release(error).catch(ignore);
  };

  const abort = (): void => {
    events.length = 0;
    nextEvent = 0;
    fail(signal?.reason);
    serve();
  };

  const readChunk = async (): Promise<void> => {
    try {
      const { done, value } = await chunks.read();
      if (over) return;
      if (done) {
        parser.end();
        close();
      } else if (value !== undefined) parser.push(value);
    } catch (error) {
      fail(error);
    }
  };

  const pump = async (): Promise<void> => {
    if (reading) return;
    reading = true;
    while (waiters.length > 0) {
      await readChunk();
      serve();
    }
    reading = false;
  };

  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      if (waiters.length === 0) {
        const value = takeEvent();
        if (value !== undefined) return Promise.resolve({ done: false, value });
      }
      return new Promise((resolve, reject) => {
        waiters.push({ resolve, reject });
        if (over) serve();
        else void pump();
      });
    },
    async return() {
      events.length = 0;
      nextEvent = 0;
      if (!over) {
        close();
        const released = chunks.release();
        // A source that queues its `return` behind the pending read may never answer.
        if (reading) released.catch(ignore);
        else await released;
        serve();
      }
      failure = undefined;
      return { done: true, value: undefined };
    },
  };
};
