import { GeminiError } from '../errors.ts';

/** The longest delay of a timer. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * The time that a request has until its first content: text, a thought, a call or a file. It does not run while the
 * stream is not read.
 */
export class FirstContentLimit {
  readonly #limitMs: number;
  readonly #onExpired: (error: GeminiError) => void;
  #leftMs: number;
  #startedMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(limitMs: number, onExpired: (error: GeminiError) => void) {
    this.#limitMs = limitMs;
    this.#leftMs = limitMs;
    this.#onExpired = onExpired;
  }

  /** Begins, or continues after a pause. */
  start(): void {
    if (this.#isOver || this.#timer !== undefined || this.#limitMs > maxTimerMs) return;
    this.#startedMs = performance.now();
    this.#timer = setTimeout(() => {
      this.end();
      const limit = this.#limitMs;
      this.#onExpired(new GeminiError('first-content-timeout', `no content came within ${limit} ms`, { limit }));
    }, this.#leftMs);
  }

  pause(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#leftMs = Math.max(1, this.#leftMs - (performance.now() - this.#startedMs));
  }

  /** Content has come, or the request is over. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
