import { Backpressure } from './backpressure.ts';
import type { CallbackSubscription } from './callback-subscription.ts';
import { type Cursor, type CursorStart, cursorStart } from './cursor.ts';
import { type EventLog, positionStart, type StreamPosition } from './event-log.ts';
import type { ManagerLimits } from './options.ts';
import { TailGroup } from './tail-group.ts';
import type { GapEvent, StreamEnd, SubscribeOptions } from './types.ts';

/** The calls from a fan-out to its stream. */
export interface FanOutObserver {
  onPause(isPaused: boolean): void;
  onSubscribersCount(count: number): void;
  /** A subscriber was detached, or its callback for the end failed. */
  onDetach(error: unknown): void;
}

/** Serves the subscribers of one log: first the group at the tail, then the cursors that wait, then the end. */
export class FanOut<Event, Result> {
  readonly log: EventLog<Event>;
  readonly observer: FanOutObserver;
  subscribersCount = 0;
  /** The stream's end, from the moment it is known; it is delivered after the last event. */
  end: StreamEnd<Result> | undefined;
  /** Whether a reader may hold events that this log does not have yet, because it read them in another process. */
  mayBeAhead = false;
  readonly #streamId: string;
  #positionStart: string;
  readonly #limits: ManagerLimits;
  /** Created for the first cursor outside the tail group: most subscribers never leave it. */
  #backpressure: Backpressure | undefined;
  readonly #tail = new TailGroup<Event, Result>();
  /** The index of the next event for the tail group. */
  #tailIndex: number;
  /** Cursors that have read everything and are not in the tail group. */
  #waiting: Set<Cursor> | undefined;
  #wokenAt: number;
  #isFlushing = false;

  constructor(streamId: string, log: EventLog<Event>, limits: ManagerLimits, observer: FanOutObserver) {
    this.log = log;
    this.observer = observer;
    this.#streamId = streamId;
    this.#positionStart = positionStart(log.epoch);
    this.#limits = limits;
    this.#tailIndex = log.next;
    this.#wokenAt = log.next;
  }

  get isPaused(): boolean {
    return this.#backpressure?.isPaused === true;
  }

  /** Delivers everything new, event by event, until nothing is left; also what callbacks add meanwhile. */
  flush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    const { log } = this;
    const tail = this.#tail;
    try {
      do {
        while (this.#tailIndex < log.next) {
          const index = this.#tailIndex;
          if (tail.size > 0) tail.deliver(log.read(index), this.positionOf(index));
          this.#tailIndex += 1;
        }
      } while (this.#wakeWaiting() || this.#finishTail());
    } finally {
      this.#isFlushing = false;
    }
    this.#trim();
    this.#backpressure?.check();
  }

  finish(end: StreamEnd<Result>): void {
    this.end = end;
    this.flush();
    this.#backpressure?.close();
  }

  /**
   * Returns where a cursor with these options starts.
   *
   * @throws StreamManagerError `history-lost`
   */
  startOf(options: SubscribeOptions): CursorStart {
    const { log, end, mayBeAhead } = this;
    return cursorStart(log, options, { streamId: this.#streamId, isEnded: end !== undefined, mayBeAhead });
  }

  enter(cursor: Cursor): void {
    this.#watch(cursor);
    this.#count(1);
  }

  /** Enters straight into the tail group; returns false if the subscriber has to read first, or cannot join now. */
  enterAtTail(subscription: CallbackSubscription<Event, Result>): boolean {
    if (!this.#isAtTail(subscription)) return false;
    this.#tail.join(subscription);
    this.#count(1);
    return true;
  }

  leave(cursor: Cursor): void {
    this.#backpressure?.remove(cursor);
    this.#waiting?.delete(cursor);
    this.#count(-1);
  }

  /** Wakes the cursor once at the next event or the end; it must have read everything. */
  wait(cursor: Cursor): void {
    (this.#waiting ??= new Set()).add(cursor);
  }

  /** Heeds a cursor's `onSlow` without counting it as a subscriber. */
  watch(cursor: Cursor): void {
    this.#watch(cursor);
  }

  unwatch(cursor: Cursor): void {
    this.#backpressure?.remove(cursor);
  }

  /** Continues in another epoch, before the first event. */
  begin(epoch: number): void {
    this.log.epoch = epoch;
    this.#positionStart = positionStart(epoch);
  }

  /** Moves to a later index, as if the events before it had been trimmed: subscribers get a gap, or are detached. */
  skipTo(index: number): void {
    for (const member of this.#tail.members()) {
      this.leaveTail(member);
      this.wait(member);
    }
    this.log.skipTo(index);
    this.#tailIndex = index;
    this.#backpressure?.check();
    this.flush();
  }

  /** Detaches every subscriber. */
  detachAll(error: unknown): void {
    for (const member of this.#tail.members()) this.leaveTail(member);
    this.#backpressure?.detachAll(error);
  }

  /** Returns the gap before the cursor's next event, if there is one, and moves its index past it. */
  gapOf(cursor: Cursor): GapEvent | undefined {
    const { log } = this;
    const backpressure = this.#backpressure;
    let from = cursor.gapFrom;
    if (cursor.onSlow === 'drop' && backpressure !== undefined) {
      if (cursor.index < log.oldest || backpressure.isSlow(cursor.index)) {
        if (from < 0) from = cursor.index;
        cursor.index = Math.max(log.oldest, Math.min(backpressure.resumeIndex(), log.next - 1));
      }
    }
    if (from < 0) return undefined;
    cursor.gapFrom = -1;
    return { type: 'gap', from: this.positionOf(from), to: this.positionOf(cursor.index - 1) };
  }

  /** Moves the cursor past the event that it has read. */
  advance(cursor: Cursor): void {
    cursor.index += 1;
    if (this.isPaused) this.#backpressure?.advanced(cursor);
  }

  positionOf(index: number): StreamPosition {
    return this.#positionStart + String(index);
  }

  /** Moves a subscriber that has read everything into the tail group; returns false if it cannot join now. */
  joinTail(subscription: CallbackSubscription<Event, Result>): boolean {
    if (!this.#isAtTail(subscription)) return false;
    this.#backpressure?.remove(subscription);
    this.#tail.join(subscription);
    return true;
  }

  /** Takes a subscriber out of the tail group, and sets its own index. */
  leaveTail(subscription: CallbackSubscription<Event, Result>): void {
    subscription.index = this.tailIndexOf(subscription.slot);
    this.#tail.leave(subscription);
    this.#watch(subscription);
  }

  /** Returns the index of the next event for a slot of the tail group. */
  tailIndexOf(slot: number): number {
    return slot <= this.#tail.delivering ? this.#tailIndex + 1 : this.#tailIndex;
  }

  // In the middle of a delivery the group's cursor stands between two events.
  #isAtTail({ index }: Cursor): boolean {
    return this.#tail.delivering < 0 && index === this.#tailIndex && this.end === undefined;
  }

  #watch(cursor: Cursor): void {
    if (this.#backpressure === undefined) {
      this.#backpressure = new Backpressure(this.#streamId, this.log, this.#limits, this.observer);
      if (this.end !== undefined) this.#backpressure.close();
    }
    this.#backpressure.add(cursor);
  }

  #count(change: 1 | -1): void {
    this.subscribersCount += change;
    this.observer.onSubscribersCount(this.subscribersCount);
  }

  #wakeWaiting(): boolean {
    const waiting = this.#waiting;
    if (waiting === undefined || (this.#wokenAt === this.log.next && this.end === undefined)) return false;
    this.#wokenAt = this.log.next;
    this.#waiting = undefined;
    for (const cursor of waiting) cursor.wake();
    return true;
  }

  #finishTail(): boolean {
    const { end } = this;
    if (end === undefined || this.#tail.size === 0) return false;
    for (const member of this.#tail.dissolve()) {
      member.index = this.#tailIndex;
      member.finish(end);
    }
    return true;
  }

  #trim(): void {
    const { log } = this;
    const { maxHistoryBytes } = this.#limits;
    if (log.heldBytes <= maxHistoryBytes) return;
    let index = log.oldest;
    // The newest event is always kept, however large it is.
    while (index < log.next - 1 && log.bytesFrom(index) > maxHistoryBytes) index += 1;
    log.trimTo(this.#backpressure?.trimmableTo(index) ?? index);
  }
}
