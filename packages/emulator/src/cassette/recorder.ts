import { appendFile, open } from 'node:fs/promises';
import { encodeCassetteHeader, encodeExchange, type Exchange } from './cassette.ts';

/** The default of `record.maxExchangeBytes`. */
const defaultMaxExchangeBytes = 256 * 1024 * 1024;

/** Writes exchanges to a cassette file, each as one block. */
export class Recorder {
  /** The largest body in bytes: an exchange is held in memory until it ends, so a larger body is cut. */
  readonly maxExchangeBytes: number;
  readonly #file: string;
  readonly #open = new Set<Promise<void>>();
  #written: Promise<void> = Promise.resolve();
  #count = 0;
  #failure: Error | undefined;

  private constructor(file: string, maxExchangeBytes: number) {
    this.#file = file;
    this.maxExchangeBytes = maxExchangeBytes;
  }

  /**
   * Creates a cassette and overwrites an existing file. Only its owner may read it, whatever its mode was. Rejects with
   * Node's own error if the file cannot be written.
   */
  static async create(file: string, maxExchangeBytes = defaultMaxExchangeBytes): Promise<Recorder> {
    const handle = await open(file, 'w', 0o600);
    try {
      // The mode above is for a new file. A device keeps its own.
      if ((await handle.stat()).isFile()) await handle.chmod(0o600);
      await handle.writeFile(encodeCassetteHeader(new Date()));
    } finally {
      await handle.close();
    }
    return new Recorder(file, maxExchangeBytes);
  }

  /** Registers an exchange. Call the returned function with the exchange when it has ended. */
  begin(): (exchange: Exchange) => void {
    let end: (exchange: Exchange) => void = () => {};
    const ended = new Promise<Exchange>((resolve) => {
      end = resolve;
    });
    const written = ended.then((exchange) => {
      this.#count += 1;
      const lines = encodeExchange(exchange, this.#count);
      this.#written = this.#written.then(() => appendFile(this.#file, lines));
      // `close` reports the error. Until then it must not become an unhandled rejection.
      this.#written.catch(() => {});
      this.#open.delete(written);
    });
    this.#open.add(written);
    return end;
  }

  /** Stores the first error of a recording for `close`. */
  fail(error: Error): void {
    this.#failure ??= error;
  }

  /** Resolves when every registered exchange is written. Rejects with the first write error, or the first error of `fail`. */
  async close(): Promise<void> {
    await Promise.all(this.#open);
    await this.#written;
    if (this.#failure !== undefined) throw this.#failure;
  }
}
