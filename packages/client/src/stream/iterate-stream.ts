import type { ManagedStream } from '@gemini/stream-manager';
import { handled } from '../ignore-unhandled.ts';
import type { GeminiStreamEvent, StoredStreamEvent, StreamOutcome } from '../types.ts';

/** What an iterator needs of its stream. */
interface IteratedStream {
  readonly managed: ManagedStream<StoredStreamEvent, StreamOutcome>;
  readonly outcome: Promise<StreamOutcome>;
  /** The event that made void what came before it. */
  readonly voided: StoredStreamEvent | undefined;
  /** Called when the loop left before the end. */
  onLeave(): void;
}

/**
 * A stream's events and then, made here, its `end`, each as `pick` gives it; what `pick` gives `undefined` for is
 * passed over. After a failed or truncated answer the next step throws, so that a plain loop cannot take a cut answer
 * for a whole one.
 */
export function iterateStream<Item extends {}>(
  stream: IteratedStream,
  pick: (event: GeminiStreamEvent) => Item | undefined,
): AsyncIterator<Item, undefined> {
  const { managed, outcome } = stream;
  const events = managed.iterate({ onSlow: 'pause' });
  const skips = skipVoided(stream.voided);
  const done: IteratorReturnResult<undefined> = { done: true, value: undefined };
  let phase: 'events' | 'end' | 'over' = 'events';
  let isWaiting = false;
  let step: Promise<IteratorResult<Item, undefined>> = Promise.resolve(done);

  const over = (): void => {
    if (phase === 'over') return;
    const left = phase === 'events';
    phase = 'over';
    if (left) stream.onLeave();
  };
  const finish = async (): Promise<IteratorResult<Item, undefined>> => {
    isWaiting = false;
    void handled(step);
    const end = await outcome;
    if (phase === 'events') {
      phase = 'end';
      const value = pick({ type: 'end', outcome: end });
      if (value !== undefined) return { done: false, value };
    }
    if (phase === 'end') {
      phase = 'over';
      if (end.status === 'failed' || end.status === 'truncated') throw end.error;
    }
    return done;
  };
  const judge = (result: IteratorResult<StoredStreamEvent, void>) => {
    if (result.done) return finish();
    isWaiting = false;
    const value = skips(result.value) ? undefined : pick(result.value);
    return value === undefined ? take() : ({ done: false, value } as const);
  };
  // The stream's own error comes out after the `end` event; that of this reader at once, for events are missing to it.
  const fail = (error: unknown): Promise<IteratorResult<Item, undefined>> => {
    if (!isReaderError(error)) return finish();
    over();
    throw error;
  };
  const take = (): Promise<IteratorResult<Item, undefined>> => {
    isWaiting = true;
    return events.next().then(judge, fail);
  };
  return {
    next() {
      if (phase !== 'events') return handled(finish());
      // Of several steps at once any may be the one that throws.
      const isAlone = !isWaiting;
      step = take();
      return isAlone ? step : handled(step);
    },
    async return() {
      over();
      await events.return();
      return done;
    },
  };
}

/** Whether a reader has lost events that the stream itself went on with. */
function isReaderError(error: unknown): boolean {
  const { name, code } = error as { name?: unknown; code?: unknown };
  return name === 'StreamManagerError' && (code === 'slow-subscriber' || code === 'history-lost');
}

/**
 * Says of each item in turn whether it is to be skipped: those up to the one that declared them void, and that one too.
 * A stream that was never begun anew has none, and of a history with a hole nothing more is skipped.
 */
export function skipVoided(voided: object | undefined): (item: { readonly type: string }) => boolean {
  let isSkipping = voided !== undefined;
  return (item) => {
    if (!isSkipping) return false;
    if (item === voided || item.type === 'gap') isSkipping = false;
    return item.type !== 'gap';
  };
}
