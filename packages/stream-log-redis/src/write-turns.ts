import { wait } from './timing.ts';

/** The rate from which on writes take turns, the time over which it is counted, and the time of a turn. */
const busyPerMs = 2.5;
const countedMs = 100;
const turnMs = 2;

/**
 * Decides when the streams of a process write: at once. From 2,500 writes a second on, those of two milliseconds go
 * together, because Redis has half as much to do if it is not woken for each of them.
 */
export class WriteTurns {
  #count = 0;
  #countedSince = -Infinity;
  #isBusy = false;
  #turn: Promise<void> | undefined;

  /** Counts a write. Resolves when it is due: what is pushed in the same turn of the event loop goes with it anyway. */
  next(): Promise<void> {
    const nowMs = performance.now();
    const sinceMs = nowMs - this.#countedSince;
    this.#count += 1;
    if (sinceMs >= countedMs) {
      this.#isBusy = this.#count >= busyPerMs * sinceMs;
      this.#count = 0;
      this.#countedSince = nowMs;
    }
    if (!this.#isBusy) return Promise.resolve();
    return (this.#turn ??= this.#takeTurn());
  }

  async #takeTurn(): Promise<void> {
    await wait(turnMs);
    this.#turn = undefined;
  }
}
