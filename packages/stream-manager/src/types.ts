import type { StreamPosition } from './event-log.ts';
import type { StreamSource } from './source.ts';
import type { EndStatus, StreamStatus } from './stream-state.ts';

/** A snapshot of a stream. Times are milliseconds since 1970, undefined for what has not happened. */
export interface StreamInfo {
  readonly id: string;
  readonly key: string | undefined;
  readonly metadata: unknown;
  readonly status: StreamStatus;
  readonly createdAt: number;
  /** When it got its place and its source was started. */
  readonly startedAt: number | undefined;
  readonly firstEventAt: number | undefined;
  readonly lastEventAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly eventsCount: number;
  readonly subscribersCount: number;
  /** What the events still held measure, in bytes by `sizeOf`. */
  readonly historyBytes: number;
  /** The oldest event that can still be replayed; undefined when none is held. */
  readonly oldest: StreamPosition | undefined;
  /** The position of the end, one past the last event; undefined while there is none. Who holds it holds everything. */
  readonly endPosition: StreamPosition | undefined;
  /** Whether a slow `pause` subscriber holds the source back at the moment. */
  readonly paused: boolean;
  /** What a failed stream failed with. */
  readonly error: unknown;
  /** Why a stopped stream was stopped. */
  readonly reason: unknown;
}

/** A stream under the manager: any number of readers over one shared history. */
export interface ManagedStream<Event, Result = void> {
  readonly id: string;
  /** The end as a value; never rejects. */
  readonly ended: Promise<StreamEnd<Result>>;
  info(): StreamInfo;
  /** Delivers to a callback, in the turn of the source's push where it is up to date. */
  subscribe(
    subscriber: Subscriber<Event> | SubscriberWithEnd<Event, Result>,
    options?: GaplessSubscribeOptions,
  ): Subscription<Result>;
  subscribe(
    subscriber: Subscriber<Event | GapEvent> | SubscriberWithEnd<Event | GapEvent, Result>,
    options?: SubscribeOptions,
  ): Subscription<Result>;
  /** A reader of its own, from the start, as `iterate()`. */
  [Symbol.asyncIterator](): StreamIterator<Event>;
  /** Reads by pulling; what has not been asked for counts as lag. */
  iterate(options?: GaplessSubscribeOptions): StreamIterator<Event>;
  iterate(options: SubscribeOptions): StreamIterator<Event | GapEvent>;
  /** The same as a web stream that reads ahead nothing; cancelling it leaves. */
  toReadableStream(options?: GaplessSubscribeOptions): ReadableStream<Event>;
  toReadableStream(options: SubscribeOptions): ReadableStream<Event | GapEvent>;
  /** Ends it as stopped at once, whatever the source does; nothing when it has ended. */
  stop(reason?: unknown): void;
}

/** How to start a stream. */
export interface StartOptions {
  /** @defaultValue 128 random bits, so that an id cannot be guessed */
  readonly id?: string | undefined;
  /** What streams are shared fairly between and limited by (`maxStreamsPerKey`): a model, a tenant. */
  readonly key?: string | undefined;
  /** Kept and shown by `info()`; never looked at. */
  readonly metadata?: unknown;
  /** Overrides the manager's `lingerMs`. */
  readonly lingerMs?: number | undefined;
  /** Overrides the manager's `retainMs`. */
  readonly retainMs?: number | undefined;
  /** Overrides the manager's `maxHistoryBytes`. */
  readonly maxHistoryBytes?: number | undefined;
  /**
   * What to do when the id is taken: throw `duplicate-id`, or return the stream that has it and leave the source alone.
   * @defaultValue `'throw'`
   */
  readonly onDuplicate?: 'throw' | 'join' | undefined;
}

/** Which streams to list; all of them without a filter. */
export interface StreamFilter {
  readonly status?: StreamStatus | readonly StreamStatus[] | undefined;
  readonly key?: string | undefined;
}

/** The manager's counts: the first five now, the others since it was created. */
export interface StreamManagerStats {
  readonly queued: number;
  readonly starting: number;
  readonly active: number;
  /** Ended streams that can still be replayed. */
  readonly retained: number;
  /** What ended streams hold, in bytes: their events by `sizeOf`, and their results, roughly. */
  readonly retainedBytes: number;
  readonly started: number;
  readonly completed: number;
  readonly failed: number;
  readonly stopped: number;
  readonly evicted: number;
  readonly events: number;
  /** Events pushed to a stream that had ended. */
  readonly lateEvents: number;
  /** Subscribers that were detached: they threw, rejected or were too slow. */
  readonly detachedSubscribers: number;
}

/** Starts, finds and ends streams. */
export interface StreamManager<Event, Result = void> extends AsyncDisposable {
  /**
   * Starts a stream, in this very turn when there is a place for it. What the source does wrong becomes the stream's
   * end. Throws `manager-closed`, `duplicate-id`, and `max-streams` when the queue is full too.
   */
  start(source: StreamSource<Event, Result>, options?: StartOptions): ManagedStream<Event, Result>;
  /** The stream with this id, running or retained; undefined when there is none. */
  get(id: string): ManagedStream<Event, Result> | undefined;
  /** Like `get`, for streams that may have to be looked up elsewhere; rejects with `stream-not-found`. */
  attach(id: string): Promise<ManagedStream<Event, Result>>;
  list(filter?: StreamFilter): StreamInfo[];
  stats(): StreamManagerStats;
  /** Stops a stream; false when no stream with this id was queued or running. */
  stop(id: string, reason?: unknown): boolean;
  /**
   * Refuses new streams, stops the queued ones, gives the running ones `drainMs` to end by themselves, stops the rest,
   * and forgets all. Resolves when every stream has ended.
   */
  close(options?: { drainMs?: number | undefined }): Promise<void>;
}

/** Stands for events that a subscriber agreed to miss: `from` and `to` are the first and the last of them. */
export interface GapEvent {
  readonly type: 'gap';
  readonly from: StreamPosition;
  readonly to: StreamPosition;
}

/** How a stream ended, the same for everyone. */
export interface StreamEnd<Result = void> {
  readonly status: EndStatus;
  /** What the source made of it; always there when completed (undefined from a source that returns nothing). */
  readonly result?: Result | undefined;
  /** What the source threw or failed with, as it was. */
  readonly error?: unknown;
  /** Why it was stopped: what `stop` was given, or `no-subscribers`, `manager-closed`, `max-stream-events`, … */
  readonly reason?: unknown;
  readonly eventsCount: number;
}

/**
 * The manager let this subscriber go before the stream's end: it threw or rejected (`error` is what it threw), or it
 * was too slow (a {@link StreamManagerError} `slow-subscriber`).
 */
export interface DetachedEnd {
  readonly status: 'detached';
  readonly error: unknown;
}

/** How a subscription ended. */
export type SubscriptionEnd<Result = void> = StreamEnd<Result> | DetachedEnd | { readonly status: 'unsubscribed' };

/**
 * Called once per event, in order. A subscriber that returns a promise gets its next event when the promise has
 * settled, so it can be slow; one that throws or rejects is detached and reported.
 */
export type Subscriber<Item> = (item: Item, position: StreamPosition) => unknown;

/** A subscriber that also wants the end, which comes once and last. Not called after its own `unsubscribe`. */
export interface SubscriberWithEnd<Item, Result = void> {
  readonly item: Subscriber<Item>;
  readonly end?: ((end: StreamEnd<Result> | DetachedEnd) => unknown) | undefined;
}

/**
 * What to do about a subscriber that falls behind. `buffer`: nothing, until the history it has yet to read is trimmed,
 * then it is detached. `pause`: the source is asked to pause until it has caught up. `drop`: it skips to newer events
 * and gets a gap. `disconnect`: it is detached.
 */
export type OnSlow = 'buffer' | 'pause' | 'drop' | 'disconnect';

/** How to follow a stream. */
export interface SubscribeOptions {
  /**
   * `start` replays everything, `now` nothing; a position replays what comes after it.
   * @defaultValue `'start'`. Throws `history-lost` when part of the replay is no longer held.
   */
  readonly from?: 'start' | 'now' | (StreamPosition & {}) | undefined;
  /** @defaultValue `'buffer'` */
  readonly onSlow?: OnSlow | undefined;
  /**
   * What to do when part of the replay has been trimmed: throw, or begin with a gap. A position of another epoch is
   * always `history-lost`.
   * @defaultValue `'fail'`
   */
  readonly onHistoryLost?: 'fail' | 'gap' | undefined;
  /** Unsubscribes when aborted; an iterator then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options under which no {@link GapEvent} can come. */
export interface GaplessSubscribeOptions extends SubscribeOptions {
  readonly onSlow?: Exclude<OnSlow, 'drop'> | undefined;
  readonly onHistoryLost?: 'fail' | undefined;
}

/** One subscriber's place in a stream. */
export interface Subscription<Result = void> {
  /** Leaves. Nothing is delivered after it returns. Leaving as the last one starts the stream's linger time. */
  readonly unsubscribe: () => void;
  /** The position of the last event delivered, from which another subscription can go on; undefined before the first. */
  readonly position: StreamPosition | undefined;
  /** Resolves once with how it ended; never rejects. */
  readonly ended: Promise<SubscriptionEnd<Result>>;
  [Symbol.dispose](): void;
}

/**
 * A stream's events, pulled. Ends quietly when the stream completed or was stopped, throws the stream's error when it
 * failed. `return()` leaves at once, also while `next()` is pending.
 */
export interface StreamIterator<Item> extends AsyncIterableIterator<Item, void, void>, AsyncDisposable {
  next(): Promise<IteratorResult<Item, void>>;
  return(): Promise<IteratorResult<Item, void>>;
  /** The position of the last event handed out; undefined before the first. */
  readonly position: StreamPosition | undefined;
  [Symbol.asyncIterator](): StreamIterator<Item>;
}
