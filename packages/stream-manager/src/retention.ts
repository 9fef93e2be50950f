import { createLinkedQueue } from './capacity.ts';
import type { ManagerLimits } from './options.ts';
import { startTimer } from './timer.ts';

/** Ended streams that can still be found: for a time each, and within a size and a number together. */
export interface Retention<Value> {
  readonly count: number;
  readonly bytes: number;
  /** Keeps it, and lets go of the oldest ones where that is too much. */
  keep(value: Value, bytes: number, retainMs: number): void;
  /** Lets go of all. */
  clear(): void;
}

export function createRetention<Value>(
  limits: Pick<ManagerLimits, 'maxRetainedBytes' | 'maxRetainedStreams'>,
  onEvict: (value: Value) => void,
): Retention<Value> {
  const kept = createLinkedQueue<{ evict(): void }>();
  let total = 0;

  return {
    get count() {
      return kept.size;
    },
    get bytes() {
      return total;
    },
    keep(value, bytes, retainMs) {
      if (retainMs === 0) return onEvict(value);
      const cancelTimer = startTimer(retainMs, () => {
        kept.remove(node);
        forget();
      });
      const forget = (): void => {
        cancelTimer();
        total -= bytes;
        onEvict(value);
      };
      const node = kept.push({ evict: forget });
      total += bytes;
      while (total > limits.maxRetainedBytes || kept.size > limits.maxRetainedStreams) {
        const oldest = kept.shift();
        if (oldest === undefined) break;
        oldest.evict();
      }
    },
    clear() {
      for (let oldest = kept.shift(); oldest !== undefined; oldest = kept.shift()) oldest.evict();
    },
  };
}
