import type { EventLog } from './event-log.ts';
import type { ManagerLimits } from './manager-options.ts';
import type { Reader } from './reader.ts';
import { startTimer, type CancelTimer } from './start-timer.ts';
import type { OnSlow } from './subscription.ts';

export type LagLimits = Pick<
  ManagerLimits,
  'highMarkEvents' | 'lowMarkEvents' | 'highMarkBytes' | 'lowMarkBytes' | 'maxPauseMs' | 'maxHistoryBytes'
>;

/** Knows the readers that may lag, and says who is too slow and when the source has to wait. */
export interface LagWatch {
  /** Whether the source is asked to pause. */
  readonly paused: boolean;
  add(reader: Reader): void;
  remove(reader: Reader): void;
  /** A reader's index moved up by one. */
  advanced(reader: Reader): void;
  /** Nothing more will be appended: whoever lags has all the time there is, and holds nobody back. */
  close(): void;
  /** Looks after an append. Costs a comparison or two, and a walk over the readers only when one may be too slow. */
  check(): void;
  /** Whether a reader at this index is slow. */
  isSlow(index: number): boolean;
  /** The index from which no more than the low marks is left to read. */
  caughtUpIndex(): number;
  /** The index up to which history may be trimmed, when it should be trimmed to the given one. */
  trimmableTo(index: number): number;
}

interface Watched {
  readonly readers: Set<Reader>;
  // A lower bound of the readers' indices: they only move up, so it is made exact only when it says that one is slow.
  slowest: number;
}

const watched = (): Watched => ({ readers: new Set(), slowest: Infinity });

export function createLagWatch(
  log: EventLog<unknown>,
  limits: LagLimits,
  hooks: { onPause(paused: boolean): void; tooSlow(reader: Reader): void },
): LagWatch {
  const groups: Record<OnSlow, Watched> = {
    buffer: watched(),
    pause: watched(),
    drop: watched(),
    disconnect: watched(),
  };
  const { pause, disconnect } = groups;
  // Those whose readers may not lose what they have yet to read.
  const holding = [groups.buffer, pause, disconnect];
  let paused = false;
  let pausedAtBytes = 0;
  // While paused: the index a reader has to reach, and how many have yet to.
  let resumeIndex = 0;
  let behind = 0;
  let cancelTimer: CancelTimer | undefined;
  let isClosed = false;

  const isPastHighMark = (index: number): boolean =>
    log.next - index > limits.highMarkEvents || log.bytesFrom(index) > limits.highMarkBytes;
  // One large event alone does not make anyone slow.
  const isSlow = (index: number): boolean => log.next - index > 1 && isPastHighMark(index);

  function caughtUpIndex(): number {
    let low = Math.max(log.oldest, log.next - limits.lowMarkEvents);
    let high = log.next;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (log.bytesFrom(middle) > limits.lowMarkBytes) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function letGo(group: Watched, isTooSlow: (reader: Reader) => boolean): void {
    const slow = [...group.readers].filter(isTooSlow);
    measure(group);
    for (const reader of slow) hooks.tooSlow(reader);
    if (slow.length > 0) measure(group);
  }

  function measure(group: Watched): void {
    group.slowest = Infinity;
    for (const { index } of group.readers) if (index < group.slowest) group.slowest = index;
  }

  function beginPause(): void {
    resumeIndex = caughtUpIndex();
    behind = 0;
    for (const { index } of pause.readers) if (index < resumeIndex) behind++;
    pausedAtBytes = log.totalBytes;
    cancelTimer?.();
    cancelTimer = startTimer(limits.maxPauseMs, () => letGo(pause, (reader) => reader.index < resumeIndex));
    if (paused) return;
    paused = true;
    hooks.onPause(true);
  }

  function endPause(): void {
    measure(pause);
    // The source may have pushed on in the meantime.
    if (isPastHighMark(pause.slowest)) return beginPause();
    cancelTimer?.();
    cancelTimer = undefined;
    paused = false;
    hooks.onPause(false);
  }

  return {
    get paused() {
      return paused;
    },
    add(reader) {
      const group = groups[reader.onSlow];
      group.readers.add(reader);
      if (reader.index < group.slowest) group.slowest = reader.index;
      if (paused && group === pause && reader.index < resumeIndex) behind++;
    },
    remove(reader) {
      const group = groups[reader.onSlow];
      if (!group.readers.delete(reader)) return;
      if (paused && group === pause && reader.index < resumeIndex && --behind === 0) endPause();
    },
    advanced(reader) {
      if (paused && reader.onSlow === 'pause' && reader.index === resumeIndex && --behind === 0) endPause();
    },
    close() {
      isClosed = true;
      paused = false;
      cancelTimer?.();
    },
    check() {
      for (const group of holding) {
        if (group.slowest < log.oldest) letGo(group, (reader) => reader.index < log.oldest);
      }
      // The end may have come in the delivery of the very event that is looked at here.
      if (isClosed) return;
      if (isSlow(disconnect.slowest)) letGo(disconnect, (reader) => isSlow(reader.index));
      if (paused || !isPastHighMark(pause.slowest)) return;
      measure(pause);
      if (isPastHighMark(pause.slowest)) beginPause();
    },
    isSlow,
    caughtUpIndex,
    trimmableTo(index) {
      if (index <= pause.slowest) return index;
      measure(pause);
      if (paused && log.totalBytes - pausedAtBytes > limits.maxHistoryBytes) return index;
      return Math.min(index, pause.slowest);
    },
  };
}
