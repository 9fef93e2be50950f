import type { StreamPosition } from './event-log.ts';
import type { StreamSource } from './source.ts';
import type { EndStatus, StreamStatus } from './stream-state.ts';

/** A snapshot of a stream. Times are milliseconds since 1970, undefined for events that have not happened. */
export interface StreamInfo {
  readonly id: string;
  readonly key: string | undefined;
  readonly metadata: unknown;
  readonly status: StreamStatus;
  readonly createdAt: number;
  /** The time when the stream got its place and its source was started. */
  readonly startedAt: number | undefined;
  readonly firstEventAt: number | undefined;
  readonly lastEventAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly eventsCount: number;
  readonly subscribersCount: number;
  /** The size of the events still held, in bytes by `sizeOf`. */
  readonly historyBytes: number;
  /** The oldest event that can still be replayed; undefined if none is held. */
  readonly oldest: StreamPosition | undefined;
  /**
   * The position after the last event; undefined until the stream has ended. A reader that returns with it has seen
   * everything.
   */
  readonly endPosition: StreamPosition | undefined;
  /** Whether the source is asked to pause, because a `pause` subscriber is slow. */
  readonly paused: boolean;
  /** The error of a failed stream. */
  readonly error: unknown;
  /** The reason of a stopped stream. */
  readonly reason: unknown;
}

/** A stream under the manager: any number of readers over one shared history. */
export interface ManagedStream<Event, Result = void> {
  readonly id: string;
  /** The end as a value; never rejects. */
  readonly ended: Promise<StreamEnd<Result>>;
  info(): StreamInfo;
  /** Delivers to a callback, in the turn of the source's push if the callback has seen all earlier events. */
  subscribe(
    subscriber: Subscriber<Event> | SubscriberWithEnd<Event, Result>,
    options?: GaplessSubscribeOptions,
  ): Subscription<Result>;
  subscribe(
    subscriber: Subscriber<Event | GapEvent> | SubscriberWithEnd<Event | GapEvent, Result>,
    options?: SubscribeOptions,
  ): Subscription<Result>;
  /** The same as `iterate()`: a reader of its own, from the start. */
  [Symbol.asyncIterator](): StreamIterator<Event>;
  /** Reads by pulling; events that have not been pulled count as lag. */
  iterate(options?: GaplessSubscribeOptions): StreamIterator<Event>;
  iterate(options: SubscribeOptions): StreamIterator<Event | GapEvent>;
  /** Reads items that are made of the events, without a promise or a turn more. */
  iterate<Item extends {}>(options: PickOptions<Event, Result, Item>): StreamIterator<Item>;
  /** Returns the same as a web stream, which reads nothing ahead; cancelling it leaves. */
  toReadableStream(options?: GaplessSubscribeOptions): ReadableStream<Event>;
  toReadableStream(options: SubscribeOptions): ReadableStream<Event | GapEvent>;
  /** Ends the stream as stopped at once, whatever the source does; does nothing after its end. */
  stop(reason?: unknown): void;
}

/** Options of `start`. */
export interface StartOptions {
  /** @defaultValue 128 random bits, so that an id cannot be guessed */
  readonly id?: string | undefined;
  /** The group, such as a model or a tenant, between which places are shared fairly, with `maxStreamsPerKey` for each. */
  readonly key?: string | undefined;
  /** Any value, which `info()` returns. With a `streamLog` it travels as JSON, and copies in other processes have it too. */
  readonly metadata?: unknown;
  /** Overrides the manager's `lingerMs`. */
  readonly lingerMs?: number | undefined;
  /** Overrides the manager's `retainMs`. */
  readonly retainMs?: number | undefined;
  /** Overrides the manager's `maxHistoryBytes`. */
  readonly maxHistoryBytes?: number | undefined;
  /**
   * Whether a taken id throws `duplicate-id`, or returns the stream that has it without starting the source. If another
   * process has the id, the stream ends as failed with `duplicate-id`, or follows that process.
   * @defaultValue `'throw'`
   */
  readonly onDuplicate?: 'throw' | 'join' | undefined;
  /**
   * Whether other processes can find the stream, if the manager has a `streamLog`. If so it is `queued` until the log has
   * answered.
   * @defaultValue true
   */
  readonly shared?: boolean | undefined;
}

/** The filter of `list`; without one it lists all streams. */
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
  /** The size of ended streams, in bytes: their events by `sizeOf`, and their results by `approximateBytes`. */
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
   * Starts a stream, in this turn if there is a place for it. An error of the source becomes the end of the stream.
   *
   * @throws StreamManagerError `manager-closed`, `duplicate-id`, and `max-streams` if the queue is full too
   * @throws TypeError for an unknown option and for an invalid value, and for an id or metadata that the log cannot keep
   */
  start(source: StreamSource<Event, Result>, options?: StartOptions): ManagedStream<Event, Result>;
  /** Returns the stream with this id, running or retained; `undefined` for an unknown id. */
  get(id: string): ManagedStream<Event, Result> | undefined;
  /**
   * Like `get`, for streams that may live elsewhere: with a `streamLog` it resolves when the whole stored history of the
   * copy is here. For a stream of this process it waits until other processes can find it. Rejects with
   * `stream-not-found`, with `log-unavailable` if the log does not answer, with `manager-closed`, and with a `TypeError`
   * for an id that the log cannot keep.
   */
  attach(id: string): Promise<ManagedStream<Event, Result>>;
  /** Lists the streams of this process, without copies of others. */
  list(filter?: StreamFilter): StreamInfo[];
  stats(): StreamManagerStats;
  /** Stops a stream; returns false if no stream with this id was queued or running. */
  stop(id: string, reason?: unknown): boolean;
  /**
   * Refuses new streams, stops the queued ones, gives the running ones `drainMs` to end by themselves, stops the rest,
   * and evicts all. Resolves when every stream has ended, and when the `streamLog` has stored the ends or could not in
   * time. Readers of copies are detached at once, with `manager-closed`: they find their streams in another process.
   *
   * With `handOver` a stream that another process can continue is not stopped: what it has pushed is stored, its claim is
   * given up, and its readers are detached. A process that has joined it continues it at once. If none does, it ends as
   * `producer-lost`. Without a `streamLog` it changes nothing.
   * @throws TypeError for an unknown or invalid option
   */
  close(options?: CloseOptions): Promise<void>;
}

/** Options of `close`. */
export interface CloseOptions {
  /** The time that running streams get to end by themselves; past it they are stopped. @defaultValue 0 */
  readonly drainMs?: number | undefined;
  /** Whether streams that another process can continue are left to it. @defaultValue false */
  readonly handOver?: boolean | undefined;
}

/** Stands for events that a subscriber agreed to miss: `from` and `to` are the first and the last of them. */
export interface GapEvent {
  readonly type: 'gap';
  readonly from: StreamPosition;
  readonly to: StreamPosition;
}

/** The end of a stream, the same for every subscriber. */
export interface StreamEnd<Result = void> {
  readonly status: EndStatus;
  /** The result of the source; present if the stream completed, but undefined if the source returned nothing. */
  readonly result?: Result | undefined;
  /** The error of the source, unchanged. */
  readonly error?: unknown;
  /** The reason of the stop: the argument of `stop`, or `no-subscribers`, `manager-closed`, `max-stream-events`, … */
  readonly reason?: unknown;
  readonly eventsCount: number;
}

/**
 * The manager detached this subscriber before the stream's end: it threw or rejected (`error` is its error), or it was
 * too slow (a {@link StreamManagerError} `slow-subscriber`).
 */
export interface DetachedEnd {
  readonly status: 'detached';
  readonly error: unknown;
}

/** The end of a subscription. */
export type SubscriptionEnd<Result = void> = StreamEnd<Result> | DetachedEnd | { readonly status: 'unsubscribed' };

/**
 * Called once per event, in order. A subscriber that returns a promise gets its next event after the promise has
 * settled, so that it can be slow; one that throws or rejects is detached and reported.
 */
export type Subscriber<Item> = (item: Item, position: StreamPosition) => unknown;

/** A subscriber that is also called with the end, once and last. It is not called after its own `unsubscribe`. */
export interface SubscriberWithEnd<Item, Result = void> {
  readonly item: Subscriber<Item>;
  readonly end?: ((end: StreamEnd<Result> | DetachedEnd) => unknown) | undefined;
}

/**
 * The treatment of a subscriber that falls behind. `buffer`: nothing, until events that it has not read are trimmed; then
 * it is detached. `pause`: the source is asked to pause until it has caught up. `drop`: it skips to newer events and gets
 * a gap. `disconnect`: it is detached.
 */
export type OnSlow = 'buffer' | 'pause' | 'drop' | 'disconnect';

/** Options of `subscribe`, `iterate` and `toReadableStream`. */
export interface SubscribeOptions {
  /**
   * `start` replays everything, `now` nothing, a position the events after it.
   * @defaultValue `'start'`. Throws `history-lost` if part of the replay is no longer held.
   */
  readonly from?: 'start' | 'now' | (StreamPosition & {}) | undefined;
  /** @defaultValue `'buffer'` */
  readonly onSlow?: OnSlow | undefined;
  /**
   * Whether to throw or to begin with a gap if part of the replay has been trimmed. A position of another epoch is
   * always `history-lost`.
   * @defaultValue `'fail'`
   */
  readonly onHistoryLost?: 'fail' | 'gap' | undefined;
  /** Aborting it unsubscribes; an iterator then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options under which no {@link GapEvent} can come. */
export interface GaplessSubscribeOptions extends SubscribeOptions {
  readonly onSlow?: Exclude<OnSlow, 'drop'> | undefined;
  readonly onHistoryLost?: 'fail' | undefined;
}

/** Options of `iterate` for items that are made of events. */
export interface PickOptions<Event, Result, Item extends {}> extends SubscribeOptions {
  /** Makes an item of an event; `undefined` skips the event. If it throws, the reader is detached with its error. */
  readonly pick: (event: Event | GapEvent) => Item | undefined;
  /**
   * Makes a last item of the end, the error that is thrown after it, or both.
   * @defaultValue no item, and the error of a failed stream
   */
  readonly pickEnd?: ((end: StreamEnd<Result>) => PickedEnd<Item>) | undefined;
  /** Called once if the reader leaves before it has read the end, or is detached; before it is no longer counted. */
  readonly onLeave?: (() => void) | undefined;
}

/** The last step of an iterator. */
export interface PickedEnd<Item extends {}> {
  readonly item?: Item | undefined;
  /** Thrown, unless it is `undefined`. */
  readonly error?: unknown;
}

/** A subscriber's place in a stream. */
export interface Subscription<Result = void> {
  /** Leaves. Nothing is delivered after it returns. Leaving as the last one starts the stream's linger time. */
  readonly unsubscribe: () => void;
  /** The position of the last event delivered, from which another subscription can continue; undefined before the first. */
  readonly position: StreamPosition | undefined;
  /** Resolves with the end of the subscription; never rejects. */
  readonly ended: Promise<SubscriptionEnd<Result>>;
  [Symbol.dispose](): void;
}

/**
 * The events of a stream, pulled. Ends quietly if the stream completed or was stopped, throws the stream's error if it
 * failed. `return()` leaves at once, also while `next()` is pending.
 */
export interface StreamIterator<Item> extends AsyncIterableIterator<Item, void, void>, AsyncDisposable {
  next(): Promise<IteratorResult<Item, void>>;
  return(): Promise<IteratorResult<Item, void>>;
  /** The position of the last event handed out; undefined before the first. */
  readonly position: StreamPosition | undefined;
  [Symbol.asyncIterator](): StreamIterator<Item>;
}
