import type { ManagedStream } from '@gemini/stream-manager';
import type { GeminiStreamEvent, StoredStreamEvent } from './events.ts';
import type { StreamOutcome } from './outcome.ts';
import { skipVoided } from './skip-voided.ts';

/** What an iterator needs of its stream. */
export interface IteratedStream {
  readonly managed: ManagedStream<StoredStreamEvent, StreamOutcome>;
  readonly outcome: Promise<StreamOutcome>;
  /** The event that made void what came before it. */
  readonly voided: StoredStreamEvent | undefined;
  /** Called when the loop left before the end. */
  onLeave(): void;
}

type Result = IteratorResult<GeminiStreamEvent, undefined>;

/**
 * A stream's events and then, made here, its `end`. After a failed or truncated answer the next step throws, so that a
 * plain loop cannot take a cut answer for a whole one.
 */
export function iterateStream(stream: IteratedStream): AsyncIterator<GeminiStreamEvent, undefined> {
  const { managed, outcome } = stream;
  const events = managed.iterate({ onSlow: 'pause' });
  const skips = skipVoided(stream.voided);
  let phase: 'events' | 'end' | 'over' = 'events';

  const over = (): void => {
    if (phase === 'over') return;
    const left = phase === 'events';
    phase = 'over';
    if (left) stream.onLeave();
  };
  const finish = async (): Promise<Result> => {
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
  const judge = (result: IteratorResult<StoredStreamEvent, void>): Result | Promise<Result> => {
    if (result.done) return finish();
    return skips(result.value) ? next() : result;
  };
  function next(): Promise<Result> {
    if (phase !== 'events') return finish();
    // The stream's own error comes out after the `end` event.
    return events.next().then(judge, finish);
  }
  return {
    next,
    async return() {
      over();
      await events.return();
      return { done: true, value: undefined };
    },
  };
}
