import type { StreamPosition } from './position.ts';
import type { StreamSource } from './stream/stream-source.ts';
import type { StreamStatus } from './stream/stream-state.ts';
import type {
  GapEvent,
  GaplessSubscribeOptions,
  StreamEnd,
  StreamIterator,
  SubscribeOptions,
  Subscriber,
  SubscriberWithEnd,
  Subscription,
} from './subscribers/subscription.ts';

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
  id?: string | undefined;
  /** What streams are shared fairly between and limited by (`maxStreamsPerKey`): a model, a tenant. */
  key?: string | undefined;
  /** Kept and shown by `info()`; never looked at. */
  metadata?: unknown;
  /** Overrides the manager's `lingerMs`. */
  lingerMs?: number | undefined;
  /** Overrides the manager's `retainMs`. */
  retainMs?: number | undefined;
  /** Overrides the manager's `maxHistoryBytes`. */
  maxHistoryBytes?: number | undefined;
  /**
   * What to do when the id is taken: throw `duplicate-id`, or return the stream that has it and leave the source alone.
   * @defaultValue `'throw'`
   */
  onDuplicate?: 'throw' | 'join' | undefined;
}

/** Which streams to list; all of them without a filter. */
export interface StreamFilter {
  status?: StreamStatus | readonly StreamStatus[] | undefined;
  key?: string | undefined;
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
