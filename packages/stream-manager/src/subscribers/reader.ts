import type { OnSlow } from './subscription.ts';

/** A cursor in a stream's log that reads when it is woken. */
export interface Reader {
  /** The index of the next event to read. */
  index: number;
  /** Where a gap begins that the reader has yet to be told of, or -1. */
  gapFrom: number;
  readonly onSlow: OnSlow;
  /** There is more to read, or the end is here. */
  wake(): void;
  /** Lets the reader go before the end. */
  detach(error: unknown): void;
}
