import { startTimer, type CancelTimer } from './timer.ts';

/** Stops a stream that has had no subscriber for `lingerMs`. */
export class Linger {
  readonly #lingerMs: number;
  readonly #onExpire: () => void;
  #cancelTimer: CancelTimer | undefined;
  #isFollowed = false;
  #wasFollowed = false;
  #isCancelled = false;

  constructor(lingerMs: number, onExpire: () => void) {
    this.#lingerMs = lingerMs;
    this.#onExpire = onExpire;
  }

  /** The source has been started. */
  start(): void {
    // With a linger time of 0, only the last subscriber that leaves can stop the stream.
    if (!this.#wasFollowed && this.#lingerMs > 0) this.#wait();
  }

  /** The number of subscribers has changed. */
  update(subscribersCount: number): void {
    const wasFollowed = this.#isFollowed;
    this.#isFollowed = subscribersCount > 0;
    if (this.#isFollowed) {
      this.#wasFollowed = true;
      this.#stopWaiting();
    } else if (wasFollowed && !this.#isCancelled) {
      if (this.#lingerMs === 0) this.#onExpire();
      else this.#wait();
    }
  }

  /** The stream has ended. */
  cancel(): void {
    this.#isCancelled = true;
    this.#stopWaiting();
  }

  #wait(): void {
    this.#stopWaiting();
    this.#cancelTimer = startTimer(this.#lingerMs, this.#onExpire);
  }

  #stopWaiting(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
