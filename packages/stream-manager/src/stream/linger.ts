import { startTimer, type CancelTimer } from '../start-timer.ts';

/** Decides when a stream that nobody follows has gone on for long enough. */
export interface Linger {
  /** The source was started. */
  started(): void;
  subscribersChanged(count: number): void;
  /** The stream has ended. */
  cancel(): void;
}

class Waiting implements Linger {
  readonly #lingerMs: number;
  readonly #expire: () => void;
  #cancelTimer: CancelTimer | undefined;
  #isFollowed = false;
  #cameEver = false;
  #isOver = false;

  constructor(lingerMs: number, expire: () => void) {
    this.#lingerMs = lingerMs;
    this.#expire = expire;
  }

  started(): void {
    // With no linger time at all there must be someone to leave before anything can end by it.
    if (!this.#cameEver && this.#lingerMs > 0) this.#wait();
  }

  subscribersChanged(count: number): void {
    const wasFollowed = this.#isFollowed;
    this.#isFollowed = count > 0;
    if (this.#isFollowed) {
      this.#cameEver = true;
      this.#stopWaiting();
    } else if (wasFollowed && !this.#isOver) {
      if (this.#lingerMs === 0) this.#expire();
      else this.#wait();
    }
  }

  cancel(): void {
    this.#isOver = true;
    this.#stopWaiting();
  }

  #wait(): void {
    this.#stopWaiting();
    this.#cancelTimer = startTimer(this.#lingerMs, this.#expire);
  }

  #stopWaiting(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}

export function createLinger(lingerMs: number, expire: () => void): Linger {
  return new Waiting(lingerMs, expire);
}
