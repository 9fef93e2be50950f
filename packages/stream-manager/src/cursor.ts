import { StreamManagerError } from './errors.ts';
import { type EventLog, formatPosition, indexInEpoch, oldestPosition } from './event-log.ts';
import type { LiveMember } from './tail-group.ts';
import type { DetachedEnd, OnSlow, StreamEnd, SubscribeOptions } from './types.ts';

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

/** A callback subscription: live while it is up to date, a reader while it is not. */
export interface LiveReader<Event, Result> extends LiveMember<Event>, Reader {
  finish(end: StreamEnd<Result> | DetachedEnd): void;
}

/** Where a reader begins: its first index, and where the gap before it begins, or -1. */
export interface ReplayStart {
  readonly index: number;
  readonly gapFrom: number;
}

/** Where the options say to begin. Throws `history-lost`. */
export function replayStart(
  log: EventLog<unknown>,
  { from = 'start', onHistoryLost = 'fail' }: SubscribeOptions,
  { streamId, hasEnded }: { readonly streamId: string; readonly hasEnded: boolean },
): ReplayStart {
  if (from === 'now') return { index: log.next, gapFrom: -1 };
  const historyLost = (what: string): StreamManagerError =>
    new StreamManagerError('history-lost', `${what} of stream ${streamId} is not held any more`, {
      streamId,
      oldest: oldestPosition(log),
    });
  const read = from === 'start' ? -1 : indexInEpoch(from, log.epoch);
  // The position one past the last event is the end's, and only exists when the end does.
  const last = hasEnded ? log.next : log.next - 1;
  if (read === undefined || read > last) throw historyLost(`what follows position ${JSON.stringify(from)}`);
  const index = Math.min(read + 1, log.next);
  if (index >= log.oldest) return { index, gapFrom: -1 };
  if (onHistoryLost === 'gap') return { index: log.oldest, gapFrom: index };
  throw historyLost(`the event at position ${formatPosition(log.epoch, index)}`);
}
