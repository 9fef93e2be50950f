/** One time limit at a time. Starting another ends the one before. */
export interface Deadline {
  /** Calls `onExpire` when `ms` pass without `touch`. `0` sets no limit, nor does more than setTimeout can count. */
  start(ms: number, onExpire: () => void): void;
  /** Something happened: the time runs from here, or from `atMs` on the deadline's clock. Costs no timer. */
  touch(atMs?: number): void;
  stop(): void;
}

const longestTimeoutMs = 2 ** 31 - 1;

class TouchedDeadline implements Deadline {
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #lastLook: NodeJS.Immediate | undefined;
  #onExpire: (() => void) | undefined;
  #limitMs = 0;
  #lastAt = 0;

  constructor(now: () => number) {
    this.#now = now;
  }
  start(ms: number, onExpire: () => void): void {
    this.stop();
    if (!(ms > 0 && ms <= longestTimeoutMs)) return;
    this.#limitMs = ms;
    this.#onExpire = onExpire;
    this.#lastAt = this.#now();
    this.#arm(ms);
  }
  touch(atMs: number = this.#now()): void {
    this.#lastAt = atMs;
  }
  stop(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#lastLook);
    this.#timer = this.#lastLook = this.#onExpire = undefined;
  }
  #arm(delayMs: number): void {
    this.#timer = setTimeout(look, Math.ceil(delayMs), this);
  }
  #restMs(): number {
    return this.#lastAt + this.#limitMs - this.#now();
  }
  look(): void {
    if (this.#restMs() > 0.5) return this.#arm(this.#restMs());
    // A program that was busy for so long finds its timers first and what came meanwhile after them.
    this.#lastLook = setImmediate(() => {
      if (this.#restMs() > 0.5) this.#arm(this.#restMs());
      else this.#onExpire?.();
    });
  }
}

// One function for all timers.
const look = (deadline: TouchedDeadline): void => deadline.look();

const sinceStart = (): number => performance.now();

/** A limit that many events may prolong: the timer looks at the last event when it fires, instead of being set anew. */
export function createDeadline(now: () => number = sinceStart): Deadline {
  return new TouchedDeadline(now);
}
