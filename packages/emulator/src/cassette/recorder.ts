import { appendFile, writeFile } from 'node:fs/promises';
import { encodeCassetteHeader, encodeExchange, type Exchange } from './cassette.ts';

/** The default of `record.maxExchangeBytes`. */
const defaultMaxExchangeBytes = 256 * 1024 * 1024;

/** Writes exchanges to a cassette file, each of them whole and one after another. */
export class Recorder {
  /** A larger body is cut here: an exchange is held in memory until it ends. */
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

  /** Begins a cassette, over any file of that name. Rejects with Node's own error if the file cannot be written. */
  static async create(file: string, maxExchangeBytes = defaultMaxExchangeBytes): Promise<Recorder> {
    await writeFile(file, encodeCassetteHeader(new Date()), { mode: 0o600 });
    return new Recorder(file, maxExchangeBytes);
  }

  /** Announces an exchange. Call the returned function with the exchange when it has ended. */
  begin(): (exchange: Exchange) => void {
    let end: (exchange: Exchange) => void = () => {};
    const ended = new Promise<Exchange>((resolve) => {
      end = resolve;
    });
    const written = ended.then((exchange) => {
      this.#count += 1;
      const lines = encodeExchange(exchange, this.#count);
      this.#written = this.#written.then(() => appendFile(this.#file, lines));
      // `close` reports the error. Until then it must not count as unhandled.
      this.#written.catch(() => {});
      this.#open.delete(written);
    });
    this.#open.add(written);
    return end;
  }

  /** Keeps the first error of a recording for `close`. */
  fail(error: Error): void {
    this.#failure ??= error;
  }

  /** Resolves when every announced exchange is written. Rejects with the first error of the file or of `fail`. */
  async close(): Promise<void> {
    await Promise.all(this.#open);
    await this.#written;
    if (this.#failure !== undefined) throw this.#failure;
  }
}
