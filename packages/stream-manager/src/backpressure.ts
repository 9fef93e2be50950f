import type { Reader } from './cursor.ts';
import type { EventLog } from './event-log.ts';
import type { ManagerLimits } from './options.ts';
import { type CancelTimer, startTimer } from './timer.ts';
import type { OnSlow } from './types.ts';

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

/** What a watch asks for. */
export interface LagHooks {
  onPause(paused: boolean): void;
  tooSlow(reader: Reader): void;
}

/** The readers that are treated alike. */
interface Group {
  readonly readers: Set<Reader>;
  // A lower bound of the readers' indices: they only move up, so it is made exact only when it says that one is slow.
  slowest: number;
}

// Those whose readers may not lose what they have yet to read.
const holding = ['buffer', 'pause', 'disconnect'] as const;

class Watch implements LagWatch {
  paused = false;
  readonly #log: EventLog<unknown>;
  readonly #limits: LagLimits;
  readonly #hooks: LagHooks;
  readonly #groups: Partial<Record<OnSlow, Group>> = {};
  #readersCount = 0;
  #pausedAtBytes = Infinity;
  // While paused: the index a reader has to reach, and how many have yet to.
  #resumeIndex = 0;
  #behind = 0;
  #cancelTimer: CancelTimer | undefined;
  #isClosed = false;

  constructor(log: EventLog<unknown>, limits: LagLimits, hooks: LagHooks) {
    this.#log = log;
    this.#limits = limits;
    this.#hooks = hooks;
  }

  add(reader: Reader): void {
    const group = (this.#groups[reader.onSlow] ??= { readers: new Set(), slowest: Infinity });
    group.readers.add(reader);
    this.#readersCount++;
    if (reader.index < group.slowest) group.slowest = reader.index;
    if (this.#isBehind(reader)) this.#behind++;
  }

  remove(reader: Reader): void {
    if (this.#groups[reader.onSlow]?.readers.delete(reader) !== true) return;
    this.#readersCount--;
    if (this.#isBehind(reader) && --this.#behind === 0) this.#endPause();
  }

  advanced(reader: Reader): void {
    const hasCaughtUp = this.paused && reader.onSlow === 'pause' && reader.index === this.#resumeIndex;
    if (hasCaughtUp && --this.#behind === 0) this.#endPause();
  }

  close(): void {
    this.#isClosed = true;
    this.paused = false;
    this.#cancelTimer?.();
  }

  check(): void {
    if (this.#readersCount === 0) return;
    const { oldest } = this.#log;
    for (const onSlow of holding) {
      const group = this.#groups[onSlow];
      if (group !== undefined && group.slowest < oldest) this.#letGo(group, ({ index }) => index < this.#log.oldest);
    }
    // The end may have come in the delivery of the very event that is looked at here.
    if (this.#isClosed) return;
    const { disconnect, pause } = this.#groups;
    if (disconnect !== undefined && this.isSlow(disconnect.slowest)) {
      this.#letGo(disconnect, ({ index }) => this.isSlow(index));
    }
    if (this.paused || pause === undefined || !this.#isPastHighMark(pause.slowest)) return;
    measure(pause);
    if (this.#isPastHighMark(pause.slowest)) this.#beginPause(pause);
  }

  // One large event alone does not make anyone slow.
  isSlow(index: number): boolean {
    return this.#log.next - index > 1 && this.#isPastHighMark(index);
  }

  caughtUpIndex(): number {
    const log = this.#log;
    let low = Math.max(log.oldest, log.next - this.#limits.lowMarkEvents);
    let high = log.next;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (log.bytesFrom(middle) > this.#limits.lowMarkBytes) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  trimmableTo(index: number): number {
    const { pause } = this.#groups;
    if (pause === undefined || index <= pause.slowest) return index;
    measure(pause);
    const isIgnored = this.#log.totalBytes - this.#pausedAtBytes > this.#limits.maxHistoryBytes;
    return this.paused && isIgnored ? index : Math.min(index, pause.slowest);
  }

  #isBehind({ onSlow, index }: Reader): boolean {
    return this.paused && onSlow === 'pause' && index < this.#resumeIndex;
  }

  #isPastHighMark(index: number): boolean {
    const { highMarkEvents, highMarkBytes } = this.#limits;
    return this.#log.next - index > highMarkEvents || this.#log.bytesFrom(index) > highMarkBytes;
  }

  #letGo(group: Group, isTooSlow: (reader: Reader) => boolean): void {
    const slow = [...group.readers].filter(isTooSlow);
    measure(group);
    for (const reader of slow) this.#hooks.tooSlow(reader);
    if (slow.length > 0) measure(group);
  }

  #beginPause(pause: Group): void {
    this.#resumeIndex = this.caughtUpIndex();
    this.#behind = 0;
    for (const { index } of pause.readers) if (index < this.#resumeIndex) this.#behind++;
    // A source can only heed the pause after the push that it is in: one large answer may be many events.
    this.#pausedAtBytes = Infinity;
    queueMicrotask(() => {
      this.#pausedAtBytes = this.#log.totalBytes;
    });
    this.#cancelTimer?.();
    this.#cancelTimer = startTimer(this.#limits.maxPauseMs, () =>
      this.#letGo(pause, ({ index }) => index < this.#resumeIndex),
    );
    if (this.paused) return;
    this.paused = true;
    this.#hooks.onPause(true);
  }

  #endPause(): void {
    const { pause } = this.#groups;
    if (pause !== undefined) {
      measure(pause);
      // The source may have pushed on in the meantime.
      if (this.#isPastHighMark(pause.slowest)) return this.#beginPause(pause);
    }
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.paused = false;
    this.#hooks.onPause(false);
  }
}

function measure(group: Group): void {
  group.slowest = Infinity;
  for (const { index } of group.readers) if (index < group.slowest) group.slowest = index;
}

export function createLagWatch(log: EventLog<unknown>, limits: LagLimits, hooks: LagHooks): LagWatch {
  return new Watch(log, limits, hooks);
}
