import type { GapEvent, ManagedStream } from '@gemini/stream-manager';
import type { StoredStreamEvent, StreamOutcome } from '../types.ts';

/** The part of a stream that another request made void. */
export interface Discarded {
  /** The latest event with `discardFrom`. Late subscribers start after it. */
  upTo: StoredStreamEvent | undefined;
}

/** Whether an event discards the events before it. */
export function isDiscard(event: StoredStreamEvent | GapEvent): boolean {
  return (event.type === 'retry' || event.type === 'fallback') && event.discardFrom !== undefined;
}

/**
 * Reads the history that a stream has now, and returns a function that returns its latest discard. The function may be
 * called from the first event of a subscription that is made in the same turn.
 */
export function latestDiscard(
  managed: ManagedStream<StoredStreamEvent, StreamOutcome>,
  onHistoryLost: 'fail' | 'gap' | undefined,
): () => object | undefined {
  let latest: object | undefined;
  const subscription = managed.subscribe(
    (event: StoredStreamEvent | GapEvent) => {
      if (isDiscard(event)) latest = event;
    },
    { onHistoryLost },
  );
  // A replay takes one turn, the next one, in the order of the subscriptions.
  queueMicrotask(() => subscription.unsubscribe());
  return () => latest;
}
