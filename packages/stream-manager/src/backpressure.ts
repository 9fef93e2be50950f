import type { Cursor } from './cursor.ts';
import { StreamManagerError } from './errors.ts';
import { type EventLog, oldestPosition } from './event-log.ts';
import type { ManagerLimits } from './options.ts';
import { startTimer, type CancelTimer } from './timer.ts';
import type { OnSlow } from './types.ts';

/** The cursors with one `onSlow`. */
interface CursorGroup {
  readonly cursors: Set<Cursor>;
  // Lower bound of all cursors. Cursors only move forward, so it is recomputed only when it looks slow.
  slowest: number;
}

// The kinds of subscribers that must not lose events they have not read.
const lossless = ['buffer', 'pause', 'disconnect'] as const;

/**
 * Watches the cursors that may lag: detaches subscribers that are too slow, and asks the source to pause. A subscriber
 * is slow when it lags by more than `maxLagEvents` or `maxLagBytes`, and has caught up at a quarter of both.
 */
export class Backpressure {
  /** Whether the source is asked to pause. */
  isPaused = false;
  readonly #streamId: string;
  readonly #log: EventLog<unknown>;
  readonly #limits: ManagerLimits;
  readonly #observer: { onPause(isPaused: boolean): void };
  readonly #groups: Partial<Record<OnSlow, CursorGroup>> = {};
  #cursorsCount = 0;
  #pausedAtBytes = Infinity;
  // During a pause: the index that a cursor has to reach, and the number of cursors that have not reached it.
  #targetIndex = 0;
  #behindCount = 0;
  #cancelTimer: CancelTimer | undefined;
  #isClosed = false;

  constructor(
    streamId: string,
    log: EventLog<unknown>,
    limits: ManagerLimits,
    observer: { onPause(isPaused: boolean): void },
  ) {
    this.#streamId = streamId;
    this.#log = log;
    this.#limits = limits;
    this.#observer = observer;
  }

  add(cursor: Cursor): void {
    const group = (this.#groups[cursor.onSlow] ??= { cursors: new Set(), slowest: Infinity });
    group.cursors.add(cursor);
    this.#cursorsCount += 1;
    if (cursor.index < group.slowest) group.slowest = cursor.index;
    if (this.#isBehind(cursor)) this.#behindCount += 1;
  }

  remove(cursor: Cursor): void {
    if (this.#groups[cursor.onSlow]?.cursors.delete(cursor) !== true) return;
    this.#cursorsCount -= 1;
    if (this.#isBehind(cursor)) this.#countCaughtUp();
  }

  /** The index of a cursor moved up by one. */
  advanced(cursor: Cursor): void {
    if (this.isPaused && cursor.onSlow === 'pause' && cursor.index === this.#targetIndex) this.#countCaughtUp();
  }

  detachAll(error: unknown): void {
    const cursors = Object.values(this.#groups).flatMap((group) => Array.from(group.cursors));
    for (const cursor of cursors) cursor.detach(error);
  }

  /** Nothing more will be appended: a subscriber that lags has time without limit, and delays no source. */
  close(): void {
    this.#isClosed = true;
    this.isPaused = false;
    this.#cancelTimer?.();
  }

  /** Checks the lag after an append: a comparison or two, and a walk over the cursors only if one may be too slow. */
  check(): void {
    if (this.#cursorsCount === 0) return;
    const { oldest } = this.#log;
    for (const onSlow of lossless) {
      const group = this.#groups[onSlow];
      if (group !== undefined && group.slowest < oldest) this.#detach(group, ({ index }) => index < this.#log.oldest);
    }
    // The delivery of this very event may have ended the stream.
    if (this.#isClosed) return;
    const { disconnect, pause } = this.#groups;
    if (disconnect !== undefined && this.isSlow(disconnect.slowest)) {
      this.#detach(disconnect, ({ index }) => this.isSlow(index));
    }
    if (this.isPaused || pause === undefined || !this.#isPastLimit(pause.slowest)) return;
    measure(pause);
    if (this.#isPastLimit(pause.slowest)) this.#beginPause(pause);
  }

  /** Whether a cursor at this index is slow. One large event alone does not make it slow. */
  isSlow(index: number): boolean {
    return this.#log.next - index > 1 && this.#isPastLimit(index);
  }

  /** Returns the index from which a quarter of the limits, at most, is left to read. */
  resumeIndex(): number {
    const log = this.#log;
    const { maxLagEvents, maxLagBytes } = this.#limits;
    let low = Math.max(log.oldest, log.next - Math.ceil(maxLagEvents / 4));
    let high = log.next;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (log.bytesFrom(middle) > maxLagBytes / 4) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Returns the index up to which history may be trimmed, if it should be trimmed to the given one. */
  trimmableTo(index: number): number {
    const { pause } = this.#groups;
    if (pause === undefined || index <= pause.slowest) return index;
    measure(pause);
    const isIgnored = this.#log.totalBytes - this.#pausedAtBytes > this.#limits.maxHistoryBytes;
    return this.isPaused && isIgnored ? index : Math.min(index, pause.slowest);
  }

  #isBehind({ onSlow, index }: Cursor): boolean {
    return this.isPaused && onSlow === 'pause' && index < this.#targetIndex;
  }

  #isPastLimit(index: number): boolean {
    const { maxLagEvents, maxLagBytes } = this.#limits;
    return this.#log.next - index > maxLagEvents || this.#log.bytesFrom(index) > maxLagBytes;
  }

  #detach(group: CursorGroup, isTooSlow: (cursor: Cursor) => boolean): void {
    const slow = [...group.cursors].filter(isTooSlow);
    measure(group);
    const streamId = this.#streamId;
    for (const cursor of slow) {
      const message = `subscriber of stream ${streamId} was ${this.#log.next - cursor.index} events behind`;
      const facts = { streamId, oldest: oldestPosition(this.#log) };
      cursor.detach(new StreamManagerError('slow-subscriber', message, facts));
    }
    if (slow.length > 0) measure(group);
  }

  #beginPause(pause: CursorGroup): void {
    this.#targetIndex = this.resumeIndex();
    this.#behindCount = 0;
    for (const { index } of pause.cursors) if (index < this.#targetIndex) this.#behindCount += 1;
    // A source can heed the pause only after the push that it is in: one large payload may be many events.
    this.#pausedAtBytes = Infinity;
    queueMicrotask(() => {
      this.#pausedAtBytes = this.#log.totalBytes;
    });
    this.#cancelTimer?.();
    this.#cancelTimer = startTimer(this.#limits.maxPauseMs, () =>
      this.#detach(pause, ({ index }) => index < this.#targetIndex),
    );
    if (this.isPaused) return;
    this.isPaused = true;
    this.#observer.onPause(true);
  }

  #countCaughtUp(): void {
    this.#behindCount -= 1;
    if (this.#behindCount === 0) this.#endPause();
  }

  #endPause(): void {
    const { pause } = this.#groups;
    if (pause !== undefined) {
      measure(pause);
      // The source may have pushed more in the meantime.
      if (this.#isPastLimit(pause.slowest)) return this.#beginPause(pause);
    }
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.isPaused = false;
    this.#observer.onPause(false);
  }
}

function measure(group: CursorGroup): void {
  group.slowest = Infinity;
  for (const { index } of group.cursors) if (index < group.slowest) group.slowest = index;
}
