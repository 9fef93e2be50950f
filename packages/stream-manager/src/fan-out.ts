import { createLagWatch, type LagHooks, type LagLimits, type LagWatch } from './backpressure.ts';
import { type LiveReader, type Reader, replayStart, type ReplayStart } from './cursor.ts';
import { StreamManagerError } from './errors.ts';
import { type EventLog, oldestPosition, positionStart, type StreamPosition } from './event-log.ts';
import { createLiveGroup } from './tail-group.ts';
import type { GapEvent, StreamEnd, SubscribeOptions } from './types.ts';

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
  startOf(options: SubscribeOptions): ReplayStart;
  enter(reader: Reader): void;
  /** Enters straight into the group served in the source's turn; false if it has to read first, or cannot now. */
  enterLive(reader: LiveReader<Event, Result>): boolean;
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

class LogFanOut<Event, Result> implements FanOut<Event, Result>, LagHooks {
  readonly log: EventLog<Event>;
  subscribersCount = 0;
  end: StreamEnd<Result> | undefined;
  readonly #streamId: string;
  readonly #positionStart: string;
  readonly #limits: LagLimits;
  readonly #hooks: FanOutHooks;
  readonly #watch: LagWatch;
  readonly #live = createLiveGroup<Event, LiveReader<Event, Result>>();
  #liveNext: number;
  #waiting: Set<Reader> | undefined;
  #wokenAt: number;
  #isFlushing = false;

  constructor(streamId: string, log: EventLog<Event>, limits: LagLimits, hooks: FanOutHooks) {
    this.log = log;
    this.#streamId = streamId;
    this.#positionStart = positionStart(log.epoch);
    this.#limits = limits;
    this.#hooks = hooks;
    this.#watch = createLagWatch(log, limits, this);
    this.#liveNext = log.next;
    this.#wokenAt = log.next;
  }

  get paused(): boolean {
    return this.#watch.paused;
  }

  onPause(paused: boolean): void {
    this.#hooks.onPause(paused);
  }

  tooSlow(reader: Reader): void {
    const streamId = this.#streamId;
    const behind = this.log.next - reader.index;
    const message = `subscriber of stream ${streamId} was ${behind} events behind`;
    reader.detach(new StreamManagerError('slow-subscriber', message, { streamId, oldest: oldestPosition(this.log) }));
  }

  append(event: Event, bytes: number): void {
    this.log.append(event, bytes);
    this.#flush();
  }

  finish(end: StreamEnd<Result>): void {
    this.end = end;
    this.#flush();
    this.#watch.close();
  }

  startOf(options: SubscribeOptions): ReplayStart {
    return replayStart(this.log, options, { streamId: this.#streamId, hasEnded: this.end !== undefined });
  }

  enter(reader: Reader): void {
    this.#watch.add(reader);
    this.#counted(1);
  }

  enterLive(reader: LiveReader<Event, Result>): boolean {
    if (!this.#isAtEdge(reader)) return false;
    this.#live.join(reader);
    this.#counted(1);
    return true;
  }

  leave(reader: Reader): void {
    this.#watch.remove(reader);
    this.#waiting?.delete(reader);
    this.#counted(-1);
  }

  detached(error: unknown): void {
    this.#hooks.onDetach(error);
  }

  wait(reader: Reader): void {
    (this.#waiting ??= new Set()).add(reader);
  }

  gapOf(reader: Reader): GapEvent | undefined {
    let from = reader.gapFrom;
    if (reader.onSlow === 'drop' && (reader.index < this.log.oldest || this.#watch.isSlow(reader.index))) {
      if (from < 0) from = reader.index;
      reader.index = Math.max(this.log.oldest, Math.min(this.#watch.caughtUpIndex(), this.log.next - 1));
    }
    if (from < 0) return undefined;
    reader.gapFrom = -1;
    return { type: 'gap', from: this.positionOf(from), to: this.positionOf(reader.index - 1) };
  }

  advance(reader: Reader): void {
    reader.index++;
    if (this.#watch.paused) this.#watch.advanced(reader);
  }

  positionOf(index: number): StreamPosition {
    return this.#positionStart + String(index);
  }

  joinLive(reader: LiveReader<Event, Result>): boolean {
    if (!this.#isAtEdge(reader)) return false;
    this.#watch.remove(reader);
    this.#live.join(reader);
    return true;
  }

  leaveLive(reader: LiveReader<Event, Result>): void {
    reader.index = this.liveIndexOf(reader.slot);
    this.#live.leave(reader);
    this.#watch.add(reader);
  }

  liveIndexOf(slot: number): number {
    return slot <= this.#live.delivering ? this.#liveNext + 1 : this.#liveNext;
  }

  // In the middle of a delivery the group's cursor stands between two events.
  #isAtEdge({ index }: Reader): boolean {
    return this.#live.delivering < 0 && index === this.#liveNext && this.end === undefined;
  }

  #counted(change: 1 | -1): void {
    this.subscribersCount += change;
    this.#hooks.onSubscribersCount(this.subscribersCount);
  }

  /** Serves everyone who waits, event by event, until nothing is left to do; what callbacks add meanwhile too. */
  #flush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    try {
      while (this.#serveNext());
    } finally {
      this.#isFlushing = false;
    }
    this.#trim();
    this.#watch.check();
  }

  #serveNext(): boolean {
    const { log, end } = this;
    const live = this.#live;
    if (this.#liveNext < log.next) {
      const index = this.#liveNext;
      if (live.size > 0) live.deliver(log.read(index), this.positionOf(index));
      this.#liveNext++;
      return true;
    }
    const waiting = this.#waiting;
    if (waiting !== undefined && (this.#wokenAt < log.next || end !== undefined)) {
      this.#wokenAt = log.next;
      this.#waiting = undefined;
      for (const reader of waiting) reader.wake();
      return true;
    }
    if (end === undefined || live.size === 0) return false;
    for (const member of live.dissolve()) {
      member.index = this.#liveNext;
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
    while (index < log.next - 1 && log.bytesFrom(index) > maxHistoryBytes) index++;
    log.trimTo(this.#watch.trimmableTo(index));
  }
}

export function createFanOut<Event, Result>(
  streamId: string,
  log: EventLog<Event>,
  limits: LagLimits,
  hooks: FanOutHooks,
): FanOut<Event, Result> {
  return new LogFanOut(streamId, log, limits, hooks);
}
