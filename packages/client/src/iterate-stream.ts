import type { ManagedStream } from '@gemini/stream-manager';
import type { GeminiStreamEvent, StoredStreamEvent } from './events.ts';
import type { StreamOutcome } from './outcome.ts';

/**
 * A stream's events and then, made here, its `end`. After a failed or truncated answer the next step throws, so that a
 * plain loop cannot take a cut answer for a whole one. `onLeave` is called when the loop left before the end.
 */
export function iterateStream(
  managed: ManagedStream<StoredStreamEvent, StreamOutcome>,
  outcome: Promise<StreamOutcome>,
  onLeave: () => void,
): AsyncIterator<GeminiStreamEvent, undefined> {
  const events = managed.iterate({ onSlow: 'pause' });
  let phase: 'events' | 'end' | 'over' = 'events';

  const over = (): void => {
    if (phase === 'over') return;
    const left = phase === 'events';
    phase = 'over';
    if (left) onLeave();
  };
  const finish = async (): Promise<IteratorResult<GeminiStreamEvent, undefined>> => {
    const end = await outcome;
    if (phase === 'events') {
      phase = 'end';
      return { done: false, value: { type: 'end', outcome: end } };
    }
    if (phase === 'end') {
      phase = 'over';
      if (end.status === 'failed' || end.status === 'truncated') throw end.error;
    }
    return { done: true, value: undefined };
  };
  return {
    next() {
      if (phase !== 'events') return finish();
      return events.next().then(
        (result) => (result.done ? finish() : result),
        // The stream's own error: it comes out after the `end` event.
        finish,
      );
    },
    async return() {
      over();
      await events.return();
      return { done: true, value: undefined };
    },
  };
}
