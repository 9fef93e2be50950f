import { type CancelTimer, startTimer } from './timer.ts';

/** The characters that are handed over in one turn of the event loop. */
const sliceLength = 262_144;

/**
 * Hands lines over in order, and in slices: after an outage a whole answer arrives at once, and a reader whose connection
 * is fast enough must be able to write between the slices, or its unread events would be trimmed.
 */
export class Inbox {
  readonly #onLine: (line: string) => void;
  /** The lines that wait for a later turn, and the calls to make between them. */
  #waiting: (string | (() => void))[] = [];
  #usedLength = 0;
  #isHanding = false;
  #cancelTimer: CancelTimer | undefined;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Hands a line over, or makes a call: now, or after everything that was put before. */
  put(item: string | (() => void)): void {
    this.#waiting.push(item);
    if (!this.#isHanding && this.#cancelTimer === undefined) this.#handOver();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#waiting = [];
  }

  // The length is counted over turns: it needs no timer while lines come slowly, and now and then a line waits a turn.
  #handOver(): void {
    this.#isHanding = true;
    let index = 0;
    // A call may clear the inbox.
    let waiting = this.#waiting;
    for (; index < waiting.length && this.#usedLength <= sliceLength; index += 1) {
      const item = waiting[index];
      if (typeof item === 'string') {
        this.#usedLength += item.length;
        this.#onLine(item);
      } else item?.();
      if (waiting === this.#waiting) continue;
      waiting = this.#waiting;
      index = -1;
    }
    this.#isHanding = false;
    this.#waiting = index === waiting.length ? [] : waiting.slice(index);
    if (this.#waiting.length === 0) return;
    this.#cancelTimer = startTimer(0, () => {
      this.#cancelTimer = undefined;
      this.#usedLength = 0;
      this.#handOver();
    });
  }
}
