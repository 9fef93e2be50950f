import type { Emulator } from './create-emulator.ts';
import { createEmulator } from './create-emulator.ts';
import type { EmulatorOptions } from './emulator-options.ts';

/** An emulator that runs for the tests of one suite. `start`, `reset` and `close` are the hooks of the test runner. */
export class SuiteEmulator {
  readonly #options: EmulatorOptions;
  #running: Emulator | undefined;

  constructor(options: EmulatorOptions) {
    this.#options = options;
  }

  readonly start = async (): Promise<void> => {
    this.#running = await createEmulator(this.#options);
  };
  readonly reset = async (): Promise<void> => this.#running?.reset();
  readonly close = async (): Promise<void> => this.#running?.close();

  /** The emulator and the options of a client, which can be read while the suite runs. */
  use(): UsedEmulator {
    const running = (): Emulator => this.#emulator();
    const emulator: Emulator = {
      get url() {
        return running().url;
      },
      get requests() {
        return running().requests;
      },
      get certificate() {
        return running().certificate;
      },
      answer: (...given) => running().answer(...given),
      whenReceived: (count) => running().whenReceived(count),
      whenClosed: (id) => running().whenClosed(id),
      whenBackpressured: (id) => running().whenBackpressured(id),
      urlOf: (scenario) => running().urlOf(scenario),
      reset: () => running().reset(),
      close: () => running().close(),
      [Symbol.asyncDispose]: () => running().close(),
    };
    const clientOptions: ClientOptions = {
      get baseUrl() {
        return running().url;
      },
      apiKey: 'emulator',
    };
    return { emulator, clientOptions };
  }

  #emulator(): Emulator {
    if (this.#running !== undefined) return this.#running;
    throw new Error('useEmulator: the emulator starts before the first test; read it inside of a test or a hook');
  }
}

/** The result of `useEmulator`. */
export interface UsedEmulator {
  readonly emulator: Emulator;
  /** Options of a client that takes a base URL. Other clients take `emulator.url` under a name of their own. */
  readonly clientOptions: ClientOptions;
}

/** The address of the emulator, and a key that it accepts. */
export interface ClientOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
}
