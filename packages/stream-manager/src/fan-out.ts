import { StreamManagerError } from './errors.ts';
import type { EventLog } from './event-log.ts';
import { createLagWatch, type LagLimits } from './lag-watch.ts';
import { createLiveGroup, type LiveMember } from './live-group.ts';
import { formatPosition, indexInEpoch, type StreamPosition } from './position.ts';
import type { Reader } from './reader.ts';
import type { DetachedEnd, GapEvent, StreamEnd, SubscribeOptions } from './subscription.ts';

/** A callback subscription: live while it is up to date, a reader while it is not. */
export interface LiveReader<Event, Result> extends LiveMember<Event>, Reader {
  finish(end: StreamEnd<Result> | DetachedEnd): void;
}

/** What a fan-out tells the stream it belongs to. */
export interface FanOutHooks {
  onPause(paused: boolean): void;
  onSubscribersCount(count: number): void;
  onDetach(error: unknown): void;
}

/** One log, the subscribers that read it, and the order in which they are served. */
export interface FanOut<Event, Result> {
  readonly log: EventLog<Event>;
  readonly paused: boolean;
  readonly subscribersCount: number;
  /** The stream's end, from the moment it is known; it is delivered after the last event. */
  readonly end: StreamEnd<Result> | undefined;
  append(event: Event, bytes: number): void;
  finish(end: StreamEnd<Result>): void;

  /** Where the options say to begin. Throws `history-lost`. */
  startOf(options: SubscribeOptions): { index: number; gapFrom: number };
  enter(reader: Reader): void;
  leave(reader: Reader): void;
  /** Reports that a reader is let go before the end. */
  detached(error: unknown): void;
  /** Wakes the reader once at the next event or the end; it must have read everything. */
  wait(reader: Reader): void;
  /** The gap a reader has to be told of before its next event, moving its index past it. */
  gapOf(reader: Reader): GapEvent | undefined;
  /** The reader has taken the event at its index. */
  advance(reader: Reader): void;
  positionOf(index: number): StreamPosition;

  /** Takes a reader that has read everything into the group served in the source's turn; false if it cannot now. */
  joinLive(reader: LiveReader<Event, Result>): boolean;
  /** Makes a live member a reader again, at its right index. */
  leaveLive(reader: LiveReader<Event, Result>): void;
  /** The index a live member will get next. */
  liveIndexOf(slot: number): number;
}

export function createFanOut<Event, Result>(
  streamId: string,
  log: EventLog<Event>,
  limits: LagLimits,
  hooks: FanOutHooks,
): FanOut<Event, Result> {
  const live = createLiveGroup<Event, LiveReader<Event, Result>>();
  let liveNext = log.next;
  let waiting = new Set<Reader>();
  let wokenAt = log.next;
  let end: StreamEnd<Result> | undefined;
  let subscribersCount = 0;
  let flushing = false;

  const liveIndexOf = (slot: number): number => (slot <= live.delivering ? liveNext + 1 : liveNext);
  const positionOf = (index: number): StreamPosition => formatPosition(log.epoch, index);
  const oldestHeld = (): string | undefined => (log.oldest < log.next ? positionOf(log.oldest) : undefined);

  const watch = createLagWatch(log, limits, {
    onPause: (paused) => hooks.onPause(paused),
    tooSlow: (reader) =>
      reader.detach(
        new StreamManagerError(
          'slow-subscriber',
          `subscriber of stream ${streamId} was ${log.next - reader.index} events behind`,
          { streamId, oldest: oldestHeld() },
        ),
      ),
  });

  /** Serves everyone who waits, event by event, until nothing is left to do; what callbacks add meanwhile too. */
  function flush(): void {
    if (flushing) return;
    flushing = true;
    try {
      for (;;) {
        if (liveNext < log.next) {
          if (live.size > 0) live.deliver(log.read(liveNext), positionOf(liveNext));
          liveNext++;
        } else if (wokenAt < log.next || (end !== undefined && waiting.size > 0)) {
          wokenAt = log.next;
          const woken = waiting;
          waiting = new Set();
          for (const reader of woken) reader.wake();
        } else if (end !== undefined && live.size > 0) {
          for (const member of live.dissolve()) {
            member.index = liveNext;
            member.finish(end);
          }
        } else break;
      }
    } finally {
      flushing = false;
    }
    trim();
    watch.check();
  }

  function trim(): void {
    if (log.heldBytes <= limits.maxHistoryBytes) return;
    let index = log.oldest;
    // The newest event is always kept, however large it is.
    while (index < log.next - 1 && log.bytesFrom(index) > limits.maxHistoryBytes) index++;
    log.trimTo(watch.trimmableTo(index));
  }

  function historyLost(message: string): StreamManagerError {
    return new StreamManagerError('history-lost', `${message} of stream ${streamId} is not held any more`, {
      streamId,
      oldest: oldestHeld(),
    });
  }

  return {
    log,
    get paused() {
      return watch.paused;
    },
    get subscribersCount() {
      return subscribersCount;
    },
    get end() {
      return end;
    },
    append(event, bytes) {
      log.append(event, bytes);
      flush();
    },
    finish(streamEnd) {
      end = streamEnd;
      flush();
      watch.close();
    },

    startOf({ from = 'start', onHistoryLost = 'fail' }) {
      if (from === 'now') return { index: log.next, gapFrom: -1 };
      const read = from === 'start' ? -1 : indexInEpoch(from, log.epoch);
      // The position one past the last event is the end's, and only exists when the end does.
      const last = end === undefined ? log.next - 1 : log.next;
      if (read === undefined || read > last) throw historyLost(`what follows position ${JSON.stringify(from)}`);
      const index = Math.min(read + 1, log.next);
      if (index >= log.oldest) return { index, gapFrom: -1 };
      if (onHistoryLost === 'gap') return { index: log.oldest, gapFrom: index };
      throw historyLost(`the event at position ${positionOf(index)}`);
    },
    enter(reader) {
      watch.add(reader);
      subscribersCount++;
      hooks.onSubscribersCount(subscribersCount);
    },
    leave(reader) {
      watch.remove(reader);
      waiting.delete(reader);
      subscribersCount--;
      hooks.onSubscribersCount(subscribersCount);
    },
    detached: (error) => hooks.onDetach(error),
    wait(reader) {
      waiting.add(reader);
    },
    gapOf(reader) {
      let from = reader.gapFrom;
      if (reader.onSlow === 'drop' && (reader.index < log.oldest || watch.isSlow(reader.index))) {
        if (from < 0) from = reader.index;
        reader.index = Math.max(log.oldest, Math.min(watch.caughtUpIndex(), log.next - 1));
      }
      if (from < 0) return undefined;
      reader.gapFrom = -1;
      return { type: 'gap', from: positionOf(from), to: positionOf(reader.index - 1) };
    },
    advance(reader) {
      reader.index++;
      if (watch.paused) watch.advanced(reader);
    },
    positionOf,

    joinLive(reader) {
      // In the middle of a delivery the group's cursor stands between two events.
      if (live.delivering >= 0 || reader.index !== liveNext || end !== undefined) return false;
      watch.remove(reader);
      live.join(reader);
      return true;
    },
    leaveLive(reader) {
      reader.index = liveIndexOf(reader.slot);
      live.leave(reader);
      watch.add(reader);
    },
    liveIndexOf,
  };
}
