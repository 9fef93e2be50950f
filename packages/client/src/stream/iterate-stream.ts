import type { ManagedStream, StreamEnd } from '@gemini/stream-manager';
import { GeminiError } from '../errors.ts';
import type { GeminiStreamEvent, StoredStreamEvent, StreamOutcome } from '../types.ts';

/** The stream that an iterator reads. */
interface IteratedStream {
  readonly managed: ManagedStream<StoredStreamEvent, StreamOutcome>;
  /** Returns the outcome at the end of the stream, the same one each time. */
  outcomeOf(end: StreamEnd<StreamOutcome>): StreamOutcome;
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
 * answer for a whole one; a reader that has lost events throws at once.
 */
export function iterateStream<Item extends {}>(
  stream: IteratedStream,
  pick: (event: GeminiStreamEvent) => Item | undefined,
): AsyncIterator<Item, undefined> {
  const { managed, discardedUpTo, throwsBlocked = false } = stream;
  const isDiscarded = skipDiscarded(discardedUpTo);
  return managed.iterate<Item>({
    onSlow: 'pause',
    // No gaps: a reader that pauses the source loses no events.
    pick: (event) => (isDiscarded(event) ? undefined : pick(event as StoredStreamEvent)),
    pickEnd: (end) => {
      const outcome = stream.outcomeOf(end);
      const isRefused = outcome.status === 'blocked' && throwsBlocked;
      const isCut = outcome.status === 'failed' || outcome.status === 'truncated';
      return {
        item: pick({ type: 'end', outcome }),
        error: isRefused ? blockedError(outcome) : isCut ? outcome.error : undefined,
      };
    },
    onLeave: () => stream.onLeave(),
  }) as AsyncIterator<Item, undefined>;
}

/** Returns the error of a refused answer, for readers that want its text. */
export function blockedError({ blockReason, finishReason, response }: StreamOutcome): GeminiError {
  const reason = blockReason ?? finishReason;
  return new GeminiError('blocked', `the answer was refused: ${reason}`, { reason, partial: response });
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
