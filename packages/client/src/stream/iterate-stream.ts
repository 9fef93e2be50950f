import type { ManagedStream } from '@gemini/stream-manager';
import { GeminiError } from '../errors.ts';
import type { GeminiStreamEvent, StoredStreamEvent, StreamOutcome } from '../types.ts';

/** The stream that an iterator reads. */
interface IteratedStream {
  readonly managed: ManagedStream<StoredStreamEvent, StreamOutcome>;
  readonly outcome: Promise<StreamOutcome>;
  /** The latest restart event: events up to it are skipped. */
  readonly discardedUpTo: StoredStreamEvent | undefined;
  /** A refused answer throws at the end, because it is not the text that was asked for. */
  readonly throwsBlocked?: boolean | undefined;
  /** Called if the loop is left before the end. */
  onLeave(): void;
}

/**
 * Iterates over a stream's events and then its `end` event, each converted by `pick`; an event for which `pick` returns
 * `undefined` is skipped. After a failed or truncated answer the next step throws, so that a plain loop cannot take a cut
 * answer for a whole one.
 */
export function iterateStream<Item extends {}>(
  stream: IteratedStream,
  pick: (event: GeminiStreamEvent) => Item | undefined,
): AsyncIterator<Item, undefined> {
  const { managed, outcome } = stream;
  const events = managed.iterate({ onSlow: 'pause' });
  const isDiscarded = skipDiscarded(stream.discardedUpTo);
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
    void ignoreUnhandled(step);
    const end = await outcome;
    if (phase === 'events') {
      phase = 'end';
      const value = pick({ type: 'end', outcome: end });
      if (value !== undefined) return { done: false, value };
    }
    if (phase === 'end') {
      phase = 'over';
      if (end.status === 'failed' || end.status === 'truncated') throw end.error;
      if (end.status === 'blocked' && stream.throwsBlocked === true) throw blockedError(end);
    }
    return done;
  };
  // The stream's own error is thrown after the `end` event; that of this reader at once, because it has lost events.
  const fail = (error: unknown): Promise<IteratorResult<Item, undefined>> => {
    if (!isReaderError(error)) return finish();
    over();
    throw error;
  };
  // A loop: steps that wait for one another would all be held while a long run of events is skipped.
  const take = async (): Promise<IteratorResult<Item, undefined>> => {
    for (;;) {
      isWaiting = true;
      let result: IteratorResult<StoredStreamEvent, void>;
      try {
        result = await events.next();
      } catch (error) {
        return fail(error);
      }
      if (result.done) return finish();
      isWaiting = false;
      const value = isDiscarded(result.value) ? undefined : pick(result.value);
      if (value !== undefined) return { done: false, value };
    }
  };
  return {
    next() {
      if (phase !== 'events') return ignoreUnhandled(finish());
      // Of several concurrent steps, any one may be the one that throws.
      const isAlone = !isWaiting;
      step = take();
      return isAlone ? step : ignoreUnhandled(step);
    },
    async return() {
      over();
      await events.return();
      return done;
    },
  };
}

/** Returns the error of a refused answer, for readers that want its text. */
export function blockedError({ blockReason, finishReason, response }: StreamOutcome): GeminiError {
  const reason = blockReason ?? finishReason;
  return new GeminiError('blocked', `the answer was refused: ${reason}`, { reason, partial: response });
}

/** Whether a reader lost events while the stream itself continued. */
function isReaderError(error: unknown): boolean {
  const { name, code } = error as { name?: unknown; code?: unknown };
  return name === 'StreamManagerError' && (code === 'slow-subscriber' || code === 'history-lost');
}

/**
 * Returns a filter that skips everything up to and including the last restart event. Skips nothing if there was no
 * restart; stops skipping at a gap.
 */
export function skipDiscarded(upTo: object | undefined): (item: { readonly type: string }) => boolean {
  let isSkipping = upTo !== undefined;
  return (item) => {
    if (!isSkipping) return false;
    if (item === upTo || item.type === 'gap') isSkipping = false;
    return item.type !== 'gap';
  };
}

/** Keeps a rejection that is never awaited from ending the program. A caller that awaits the promise still gets it. */
export function ignoreUnhandled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}
