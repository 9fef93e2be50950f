/** Where a stream can come from: a web stream, or anything that `for await` takes, such as a Node stream. */
export type SseSource = AsyncIterable<Uint8Array | string> | ReadableStream<Uint8Array | string>;

/** One way to read any source. */
export interface ChunkReader {
  read(): Promise<{ readonly done?: boolean | undefined; readonly value?: Uint8Array | string | undefined }>;
  /** Lets the source go, also while a `read` is pending. */
  release(reason?: unknown): Promise<unknown>;
}

const isWebStream = (source: SseSource): source is ReadableStream<Uint8Array | string> =>
  typeof (source as { getReader?: unknown }).getReader === 'function';

/** A Node stream's iterator queues `return` behind a pending `next`; destroying the stream is what ends both. */
const destroy = (source: object): void => {
  const stream = source as { destroy?: unknown };
  if (typeof stream.destroy === 'function') stream.destroy();
};

/** Takes hold of the source; throws `TypeError` for what is none. */
export const openSource = (source: SseSource): ChunkReader => {
  if (typeof source !== 'object' || source === null) {
    throw new TypeError(`source: expected an async iterable or a web stream, got ${typeof source}.`);
  }
  // Not every browser can iterate a web stream, and a reader can be cancelled while it waits.
  if (isWebStream(source)) {
    const reader = source.getReader();
    return { read: () => reader.read(), release: (reason) => reader.cancel(reason) };
  }
  if (typeof source[Symbol.asyncIterator] !== 'function') {
    throw new TypeError('source: expected an async iterable or a web stream, got an object that is neither.');
  }
  const iterator = source[Symbol.asyncIterator]();
  return {
    read: () => iterator.next(),
    release: async () => {
      destroy(source);
      await iterator.return?.();
    },
  };
};
