import type { StoredStreamEvent } from '../types.ts';

/** The part of a stream that another request made void. */
export interface Discarded {
  /** The latest event with `discardFrom`. Late subscribers start after it. */
  upTo: StoredStreamEvent | undefined;
}

/** Whether an event discards the events before it. */
export function isDiscard(event: StoredStreamEvent): boolean {
  return (event.type === 'retry' || event.type === 'fallback') && event.discardFrom !== undefined;
}
