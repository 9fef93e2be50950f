import { createSseParser } from './create-sse-parser.ts';
import { expectOption } from './options.ts';
import type { SseEvent, SseStreamOptions } from './types.ts';

/** The options of `parseSse`. */
export interface ParseSseOptions extends SseStreamOptions {
  /** Aborting it ends the iteration at once with the signal's reason, and releases the source. */
  signal?: AbortSignal | undefined;
}

type Result = IteratorResult<SseEvent, undefined>;

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
  const { signal } = options;
  const waiting: ((result: Result | Promise<Result>) => void)[] = [];
  /** The events of the last chunk, and how many of them were taken: `shift` would move all the rest each time. */
  let events: SseEvent[] = [];
  let taken = 0;
  let isReading = false;
  let isOver = false;
  let failure: { readonly error: unknown } | undefined;
  const parser = createSseParser({ ...options, onEvent: (event) => events.push(event) });
  const reader = openSource(source);

  /** The next event; at the end the error, once, and then that it is over. */
  const takeResult = (): Result | Promise<Result> => {
    const value = events[taken];
    taken += 1;
    if (value) return { done: false, value };
    signal?.removeEventListener('abort', abort);
    if (!failure) return { done: true, value };
    const { error } = failure;
    failure = undefined;
    return Promise.reject(error);
  };

  const close = (reason?: unknown): Promise<unknown> => {
    isOver = true;
    return reader.release(reason);
  };

  const closeFailed = (error: unknown): void => {
    failure = { error };
    if (!isOver) close(error).catch(ignore);
  };

  const readChunk = async (): Promise<void> => {
    isReading = true;
    try {
      const chunk = await reader.read();
      if (isOver) return;
      events = [];
      taken = 0;
      if (!chunk.done) return parser.push(chunk.value);
      parser.end();
      close().catch(ignore);
    } catch (error) {
      if (!isOver) closeFailed(error);
    } finally {
      isReading = false;
      serve();
    }
  };

  const serve = (): void => {
    while (taken < events.length || isOver) {
      const resolve = waiting.shift();
      if (!resolve) return;
      resolve(takeResult());
    }
    if (waiting.length > 0 && !isReading) void readChunk();
  };

  const abort = (): void => {
    events = [];
    closeFailed(signal?.reason);
    serve();
  };

  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () =>
      taken < events.length
        ? Promise.resolve(takeResult())
        : new Promise((resolve) => {
            waiting.push(resolve);
            serve();
          }),
    async return() {
      const released = isOver ? undefined : close();
      events = [];
      failure = undefined;
      signal?.removeEventListener('abort', abort);
      serve();
      // A source that queues its `return` behind the pending read may never answer.
      if (isReading) released?.catch(ignore);
      else await released;
      return { done: true, value: undefined };
    },
  };
};

/** Where a stream can come from: a web stream, or anything that `for await` takes, such as a Node stream. */
export type SseSource = AsyncIterable<Uint8Array | string> | ReadableStream<Uint8Array | string>;

/** What a source gives at a time. */
export type SourceChunk =
  | { readonly done?: false | undefined; readonly value: Uint8Array | string }
  | { readonly done: true; readonly value?: unknown };

/** One way to read any source. */
export interface SourceReader {
  read(): Promise<SourceChunk>;
  /** Lets the source go, also while a `read` is pending. */
  release(reason?: unknown): Promise<unknown>;
}

/** What a Node stream has, and this file knows nothing else of. */
interface Destroyable {
  destroy?: () => void;
  on?: (name: 'error', listener: () => void) => void;
}

/** Takes hold of the source. Throws `TypeError` for what is none, and for a web stream that is locked. */
export const openSource = (source: SseSource): SourceReader => {
  // Not every browser can iterate a web stream, and only its reader can be cancelled while it waits.
  if ('getReader' in Object(source)) {
    const reader = (source as ReadableStream<Uint8Array | string>).getReader();
    return {
      read: () => reader.read(),
      release: (reason) => reader.cancel(reason).finally(() => reader.releaseLock()),
    };
  }
  const iterator = (source as AsyncIterable<Uint8Array | string> | undefined)?.[Symbol.asyncIterator]?.();
  if (!iterator) return expectOption('source', 'an async iterable or a web stream', source);
  return {
    read: () => iterator.next(),
    async release() {
      // The iterator of a Node stream queues `return` behind a pending `next`; destroying the stream ends both. Some
      // streams then emit an error for the rest that is missing, which must not end the process.
      const stream = source as Destroyable;
      stream.on?.('error', () => {});
      stream.destroy?.();
      await iterator.return?.();
    },
  };
};
