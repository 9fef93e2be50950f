import { LinkedQueue } from './capacity.ts';
import type { ManagerLimits } from './options.ts';
import { startTimer } from './timer.ts';

/** Ended streams that can still be found: for a time each, and within a size and a number together. */
export class Retention<Value> {
  /** The size of all values, in bytes. */
  bytes = 0;
  readonly #limits: ManagerLimits;
  readonly #onEvict: (value: Value) => void;
  readonly #kept = new LinkedQueue<{ evict(): void }>();

  constructor(limits: ManagerLimits, onEvict: (value: Value) => void) {
    this.#limits = limits;
    this.#onEvict = onEvict;
  }

  get count(): number {
    return this.#kept.size;
  }

  /** Keeps a value, and evicts the oldest ones if that is too much. */
  keep(value: Value, bytes: number, retainMs: number): void {
    if (retainMs === 0) return this.#onEvict(value);
    const evict = (): void => {
      cancelTimer();
      this.bytes -= bytes;
      this.#onEvict(value);
    };
    const node = this.#kept.push({ evict });
    const cancelTimer = startTimer(retainMs, () => {
      this.#kept.remove(node);
      evict();
    });
    this.bytes += bytes;
    while (this.bytes > this.#limits.maxRetainedBytes || this.count > this.#limits.maxRetainedStreams) {
      if (!this.#evictOldest()) break;
    }
  }

  /** Evicts all. */
  clear(): void {
    while (this.#evictOldest());
  }

  #evictOldest(): boolean {
    const oldest = this.#kept.shift();
    oldest?.evict();
    return oldest !== undefined;
  }
}
