import type { StreamPosition } from '../position.ts';
import type { EndStatus } from '../stream/stream-state.ts';

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
  item: Subscriber<Item>;
  end?: ((end: StreamEnd<Result> | DetachedEnd) => unknown) | undefined;
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
  from?: 'start' | 'now' | (StreamPosition & {}) | undefined;
  /** @defaultValue `'buffer'` */
  onSlow?: OnSlow | undefined;
  /**
   * What to do when part of the replay has been trimmed: throw, or begin with a gap. A position of another epoch is
   * always `history-lost`.
   * @defaultValue `'fail'`
   */
  onHistoryLost?: 'fail' | 'gap' | undefined;
  /** Unsubscribes when aborted; an iterator then throws the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Options under which no {@link GapEvent} can come. */
export interface GaplessSubscribeOptions extends SubscribeOptions {
  onSlow?: Exclude<OnSlow, 'drop'> | undefined;
  onHistoryLost?: 'fail' | undefined;
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
