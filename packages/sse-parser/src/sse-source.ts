/** Where a stream can come from: a web stream, or anything that `for await` takes, such as a Node stream. */
export type SseSource = AsyncIterable<Uint8Array | string> | ReadableStream<Uint8Array | string>;

/** What a source gives at a time. */
export type SourceChunk =
  | { readonly done?: false | undefined; readonly value: Uint8Array | string }
  | { readonly done: true; readonly value?: unknown };

/** One way to read any source. */
export interface SourceReader {
  read(): Promise<SourceChunk>;
  /** Lets a source go that is not over, also while a `read` is pending. */
  release(reason?: unknown): Promise<void>;
  /** Gives up the hold on a source that is over. */
  unlock(): void;
}

const ignore = (): void => {};

const isWebStream = (source: SseSource): source is ReadableStream<Uint8Array | string> =>
  typeof (source as { getReader?: unknown }).getReader === 'function';

const readWebStream = (source: ReadableStream<Uint8Array | string>): SourceReader => {
  const reader = source.getReader();
  return {
    read: () => reader.read(),
    release: async (reason) => {
      await reader.cancel(reason);
      reader.releaseLock();
    },
    unlock: () => reader.releaseLock(),
  };
};

/**
 * The iterator of a Node stream queues `return` behind a pending `next`; destroying the stream ends both. Some streams
 * then emit an error for the rest that is missing, which is no news here and must not end the process.
 */
const destroyNodeStream = (source: object): void => {
  const stream = source as { destroy?: unknown; on?: unknown };
  if (typeof stream.destroy !== 'function') return;
  if (typeof stream.on === 'function') stream.on('error', ignore);
  stream.destroy();
};

const readIterable = (source: AsyncIterable<Uint8Array | string>): SourceReader => {
  const iterator = source[Symbol.asyncIterator]();
  return {
    read: () => {
      try {
        return Promise.resolve(iterator.next());
      } catch (error) {
        return Promise.reject(error);
      }
    },
    release: async () => {
      destroyNodeStream(source);
      await iterator.return?.();
    },
    unlock: ignore,
  };
};

/** Takes hold of the source. Throws `TypeError` for what is none, and for a web stream that is locked. */
export const openSource = (source: SseSource): SourceReader => {
  const isObject = typeof source === 'object' && source !== null;
  // Not every browser can iterate a web stream, and only its reader can be cancelled while it waits.
  if (isObject && isWebStream(source)) return readWebStream(source);
  if (isObject && typeof source[Symbol.asyncIterator] === 'function') return readIterable(source);
  const got = Object.prototype.toString.call(source);
  throw new TypeError(`source: expected an async iterable or a web stream, got ${got}.`);
};
