import { type CancelTimer, startTimer } from './timer.ts';

/** The characters that are handed over in one turn of the event loop. */
const sliceLength = 262_144;

/**
 * Hands lines over in order, and in slices: after an outage a whole answer arrives at once, and a reader whose connection
 * is fast enough must be able to write between the slices, or its unread events would be trimmed.
 */
export class Inbox {
  readonly #onLine: (line: string) => void;
  /** Lines, and the calls to make between them. Those before `#at` have been handed over. */
  #items: (string | (() => void) | undefined)[] = [];
  #at = 0;
  #usedLength = 0;
  #isHanding = false;
  #cancelTimer: CancelTimer | undefined;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Hands a line over, or makes a call: now, or after everything that was put before. */
  put(item: string | (() => void)): void {
    this.#items.push(item);
    if (!this.#isHanding && this.#cancelTimer === undefined) this.#handOver();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#items = [];
    this.#at = 0;
  }

  // The length is counted over turns: it needs no timer while lines come slowly, and now and then a line waits a turn.
  #handOver(): void {
    this.#isHanding = true;
    // A call may clear the inbox.
    while (this.#at < this.#items.length && this.#usedLength <= sliceLength) {
      const item = this.#items[this.#at];
      this.#items[this.#at] = undefined;
      this.#at += 1;
      if (typeof item === 'string') {
        this.#usedLength += item.length;
        this.#onLine(item);
      } else item?.();
    }
    this.#isHanding = false;
    // Moving what waits only when half of the list is done keeps the cost of a line constant.
    if (this.#at * 2 >= this.#items.length) {
      this.#items.splice(0, this.#at);
      this.#at = 0;
    }
    if (this.#items.length === this.#at) return;
    this.#cancelTimer = startTimer(0, () => {
      this.#cancelTimer = undefined;
      this.#usedLength = 0;
      this.#handOver();
    });
  }
}
