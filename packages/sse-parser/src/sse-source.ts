import { expectOption } from './expect-option.ts';

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
