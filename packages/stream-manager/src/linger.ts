import { startTimer, type CancelTimer } from './timer.ts';

/** The time between two questions if the linger time is 0. */
const askAgainMs = 1_000;

/** Stops a stream that has had no subscriber for `lingerMs`, in this process or another. */
export class Linger {
  /** Whether another process follows the stream; set if a stream log can know. A rejection counts as yes. */
  isFollowedElsewhere: (() => Promise<boolean>) | undefined;
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
      if (this.#lingerMs > 0) this.#wait();
      else if (this.isFollowedElsewhere === undefined) this.#onExpire();
      else this.#ask(this.isFollowedElsewhere);
    }
  }

  /** The stream has ended. */
  cancel(): void {
    this.#isCancelled = true;
    this.#stopWaiting();
  }

  #wait(): void {
    this.#stopWaiting();
    const { isFollowedElsewhere } = this;
    const onExpire = isFollowedElsewhere === undefined ? this.#onExpire : () => this.#ask(isFollowedElsewhere);
    this.#cancelTimer = startTimer(this.#lingerMs === 0 ? askAgainMs : this.#lingerMs, onExpire);
  }

  #ask(isFollowedElsewhere: () => Promise<boolean>): void {
    this.#stopWaiting();
    void isFollowedElsewhere()
      .catch(() => true)
      .then((isFollowed) => {
        // A subscriber may have come in the meantime, and may have left again.
        if (this.#isFollowed || this.#isCancelled || this.#cancelTimer !== undefined) return;
        if (isFollowed) this.#wait();
        else this.#onExpire();
      });
  }

  #stopWaiting(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
