import { appendFile, writeFile } from 'node:fs/promises';
import { encodeCassetteHeader, encodeExchange, type Exchange } from './cassette.ts';

/** The largest exchange that is recorded, in bytes of its body, where no other limit is given. */
export const defaultMaxExchangeBytes = 256 * 1024 * 1024;

/** Writes exchanges to a cassette file, one after another. */
export interface Recorder {
  /** An exchange is held until it is over: a larger body is cut here. */
  readonly maxExchangeBytes: number;
  /** Announces an exchange; what comes back takes it when it is over. Exchanges are written whole. */
  begin(): (exchange: Exchange) => void;
  /** What went wrong with a recording; the first such error is what `close` rejects with. */
  fail(error: Error): void;
  /** Resolves when every exchange that was announced is written. Rejects with the first error of the file or of `fail`. */
  close(): Promise<void>;
}

/** Begins a new cassette; a file that is there is overwritten. Rejects with Node's own error where that fails. */
export async function createRecorder(file: string, maxExchangeBytes = defaultMaxExchangeBytes): Promise<Recorder> {
  await writeFile(file, encodeCassetteHeader(new Date()), { mode: 0o600 });
  const open = new Set<Promise<void>>();
  let written: Promise<void> = Promise.resolve();
  let count = 0;
  let failure: Error | undefined;
  return {
    maxExchangeBytes,
    fail(error) {
      failure ??= error;
    },
    begin() {
      const { promise, resolve } = deferred<Exchange>();
      const exchange = promise.then((over) => {
        count += 1;
        const lines = encodeExchange(over, count);
        written = written.then(() => appendFile(file, lines));
        // Told by close, too: until then nobody waits for it.
        written.catch(() => {});
        open.delete(exchange);
      });
      open.add(exchange);
      return resolve;
    },
    async close() {
      await Promise.all(open);
      await written;
      if (failure !== undefined) throw failure;
    },
  };
}

function deferred<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
