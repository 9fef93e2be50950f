import { StreamManagerError } from './errors.ts';
import { type EventLog, formatPosition, indexInEpoch, oldestPosition } from './event-log.ts';
import type { OnSlow, SubscribeOptions } from './types.ts';

/** A place in a stream's log from which a subscriber reads when it is woken. */
export interface Cursor {
  /** The index of the next event to read. */
  index: number;
  /** The first index of a gap to report to the subscriber, or -1. */
  gapFrom: number;
  readonly onSlow: OnSlow;
  /** There is more to read, or the stream has ended. */
  wake(): void;
  /** Detaches the subscriber before the end. */
  detach(error: unknown): void;
}

/** The first index of a cursor, and the first index of the gap before it, or -1. */
export type CursorStart = Pick<Cursor, 'index' | 'gapFrom'>;

/**
 * Returns where a cursor with these options starts.
 *
 * @throws StreamManagerError `history-lost`
 */
export function cursorStart(
  log: EventLog<unknown>,
  { from = 'start', onHistoryLost = 'fail' }: SubscribeOptions,
  {
    streamId,
    isEnded,
    mayBeAhead,
  }: { readonly streamId: string; readonly isEnded: boolean; readonly mayBeAhead: boolean },
): CursorStart {
  if (from === 'now') return { index: log.next, gapFrom: -1 };
  const historyLost = (what: string): StreamManagerError =>
    new StreamManagerError('history-lost', `${what} of stream ${streamId} is no longer held`, {
      streamId,
      oldest: oldestPosition(log),
    });
  const read = from === 'start' ? -1 : indexInEpoch(from, log.epoch);
  // The position one past the last event is that of the end, and exists only after the end.
  const last = isEnded ? log.next : log.next - 1;
  if (read === undefined || (read > last && !mayBeAhead)) {
    throw historyLost(`history after position ${JSON.stringify(from)}`);
  }
  // A reader that changes processes may hold events that have not arrived here: it waits for its place.
  const index = mayBeAhead && !isEnded ? read + 1 : Math.min(read + 1, log.next);
  if (index >= log.oldest) return { index, gapFrom: -1 };
  if (onHistoryLost === 'gap') return { index: log.oldest, gapFrom: index };
  throw historyLost(`the event at position ${formatPosition(log.epoch, index)}`);
}
