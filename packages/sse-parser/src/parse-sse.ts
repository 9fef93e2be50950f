import { createSseParser } from './create-sse-parser.ts';
import { throwTypeError } from './options.ts';
import type { ParseSseOptions, SseEvent, SseParser, SseSource } from './types.ts';

/**
 * Reads events as a `for await` loop asks for them: the source is read one chunk at a time, and only after the events
 * of the last one have been taken. Leaving the loop releases the source, also while a `next` is pending. An error of
 * the source, an `SseError` or an error of a callback ends the iteration, after the events in front of it.
 *
 * @throws TypeError for invalid options, for a source that is not iterable, and for a web stream that is locked
 */
export function parseSse(source: SseSource, options: ParseSseOptions = {}): AsyncIterableIterator<SseEvent, undefined> {
  return new SseIterator(source, options);
}

type Result = IteratorResult<SseEvent, undefined>;

class SseIterator implements AsyncIterableIterator<SseEvent, undefined> {
  readonly #signal: AbortSignal | undefined;
  readonly #parser: SseParser;
  readonly #reader: SourceReader;
  readonly #waiting: ((result: Result | Promise<Result>) => void)[] = [];
  // The events of the last chunk, and how many of them were taken: `shift` would move all the rest each time.
  #events: SseEvent[] = [];
  #taken = 0;
  #isReading = false;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(source: SseSource, { signal, ...options }: ParseSseOptions) {
    this.#signal = signal;
    this.#parser = createSseParser({ ...options, onEvent: (event) => this.#events.push(event) });
    this.#reader = openSource(source);
    signal?.addEventListener('abort', this.#abort);
    if (signal?.aborted) this.#abort();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (this.#taken < this.#events.length) return Promise.resolve(this.#takeResult());
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#serve();
    });
  }

  async return(): Promise<Result> {
    const released = this.#isOver ? undefined : this.#close();
    this.#events = [];
    this.#failure = undefined;
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#serve();
    // A source that queues its `return` behind the pending read may never answer.
    if (this.#isReading) released?.catch(ignore);
    else await released;
    return { done: true, value: undefined };
  }

  readonly #abort = (): void => {
    this.#events = [];
    this.#fail(this.#signal?.reason);
    this.#serve();
  };

  #serve(): void {
    while (this.#taken < this.#events.length || this.#isOver) {
      const resolve = this.#waiting.shift();
      if (!resolve) return;
      resolve(this.#takeResult());
    }
    if (this.#waiting.length > 0 && !this.#isReading) void this.#readChunk();
  }

  /** Returns the next event; at the end the error, once, and then `done`. */
  #takeResult(): Result | Promise<Result> {
    const value = this.#events[this.#taken];
    this.#taken += 1;
    if (value) return { done: false, value };
    this.#signal?.removeEventListener('abort', this.#abort);
    if (!this.#failure) return { done: true, value };
    const { error } = this.#failure;
    this.#failure = undefined;
    return Promise.reject(error);
  }

  async #readChunk(): Promise<void> {
    this.#isReading = true;
    try {
      const chunk = await this.#reader.read();
      if (this.#isOver) return;
      this.#events = [];
      this.#taken = 0;
      if (!chunk.done) return this.#parser.push(chunk.value);
      this.#parser.end();
      this.#close().catch(ignore);
    } catch (error) {
      if (!this.#isOver) this.#fail(error);
    } finally {
      this.#isReading = false;
      this.#serve();
    }
  }

  #close(reason?: unknown): Promise<unknown> {
    this.#isOver = true;
    return this.#reader.release(reason);
  }

  #fail(error: unknown): void {
    this.#failure = { error };
    if (!this.#isOver) this.#close(error).catch(ignore);
  }
}

function ignore(): void {}

/** A chunk of a source, or its end. */
type SourceChunk =
  | { readonly done?: false | undefined; readonly value: Uint8Array | string }
  | { readonly done: true; readonly value?: unknown };

/** Reads any source. */
interface SourceReader {
  read(): Promise<SourceChunk>;
  /** Releases the source, also while a `read` is pending. */
  release(reason?: unknown): Promise<unknown>;
}

/** The methods of a Node stream that this file uses. */
interface Destroyable {
  destroy?: () => void;
  on?: (name: 'error', listener: () => void) => void;
}

function openSource(source: SseSource): SourceReader {
  // Not every browser can iterate a web stream, and only its reader can be cancelled while it waits.
  if ('getReader' in Object(source)) {
    const reader = (source as ReadableStream<Uint8Array | string>).getReader();
    return {
      read: () => reader.read(),
      release: (reason) => reader.cancel(reason).finally(() => reader.releaseLock()),
    };
  }
  const iterator = (source as AsyncIterable<Uint8Array | string> | undefined)?.[Symbol.asyncIterator]?.();
  if (!iterator) return throwTypeError('source', 'an async iterable or a web stream', source);
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
}
