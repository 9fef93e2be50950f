import type { LiveReader } from './cursor.ts';
import type { StreamPosition } from './event-log.ts';
import type { FanOut } from './fan-out.ts';
import type {
  DetachedEnd,
  GapEvent,
  OnSlow,
  StreamEnd,
  SubscribeOptions,
  Subscriber,
  SubscriberWithEnd,
  Subscription,
  SubscriptionEnd,
} from './types.ts';

type Item<Event> = Event | GapEvent;

/**
 * A callback on the log. A class although it is no error: a method of its own costs an object 64 bytes, and an idle
 * subscriber has 200 in all.
 */
class CallbackSubscription<Event, Result> implements Subscription<Result>, LiveReader<Event, Result> {
  index: number;
  gapFrom: number;
  slot = -1;
  readonly onSlow: OnSlow;
  readonly item: Subscriber<Item<Event>>;
  readonly #fanOut: FanOut<Event, Result>;
  readonly #withEnd: SubscriberWithEnd<Item<Event>, Result> | undefined;
  /** `idle` at the log's edge, `reading` in its loop, `awaiting` its callback's promise, or how it ended. */
  #state: 'idle' | 'reading' | 'awaiting' | SubscriptionEnd<Result> = 'idle';
  #isAsync = false;
  #ended: Promise<SubscriptionEnd<Result>> | undefined;
  #settle: ((end: SubscriptionEnd<Result>) => void) | undefined;
  #stopListening: (() => void) | undefined;

  constructor(
    fanOut: FanOut<Event, Result>,
    subscriber: Subscriber<Item<Event>> | SubscriberWithEnd<Item<Event>, Result>,
    options: SubscribeOptions,
  ) {
    const start = fanOut.startOf(options);
    this.index = start.index;
    this.gapFrom = start.gapFrom;
    this.onSlow = options.onSlow ?? 'buffer';
    this.#fanOut = fanOut;
    this.#withEnd = typeof subscriber === 'function' ? undefined : subscriber;
    this.item = typeof subscriber === 'function' ? subscriber : (item, position) => subscriber.item(item, position);
    const { signal } = options;
    if (signal?.aborted === true) {
      this.#state = { status: 'unsubscribed' };
      return;
    }
    if (signal !== undefined) {
      const leave = (): void => this.unsubscribe();
      signal.addEventListener('abort', leave, { once: true });
      this.#stopListening = () => signal.removeEventListener('abort', leave);
    }
    if (this.gapFrom < 0 && fanOut.enterLive(this)) return;
    fanOut.enter(this);
    // A replay waits for the turn's end: its first callback may want the subscription that is being made.
    queueMicrotask(() => this.wake());
  }

  get position(): StreamPosition | undefined {
    const index = this.slot >= 0 ? this.#fanOut.liveIndexOf(this.slot) : this.index;
    return index > 0 ? this.#fanOut.positionOf(index - 1) : undefined;
  }

  get ended(): Promise<SubscriptionEnd<Result>> {
    this.#ended ??= new Promise((resolve) => {
      if (typeof this.#state === 'object') resolve(this.#state);
      else this.#settle = resolve;
    });
    return this.#ended;
  }

  // Made when it is asked for, so that it can be handed on by itself and costs the idle nothing.
  get unsubscribe(): () => void {
    return () => void this.#close({ status: 'unsubscribed' });
  }

  [Symbol.dispose](): void {
    this.unsubscribe();
  }

  wake(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'reading';
    const fanOut = this.#fanOut;
    while (this.#state === 'reading') {
      const gap = fanOut.gapOf(this);
      if (gap !== undefined) this.#deliver(gap, gap.to);
      else if (this.index < fanOut.log.next) {
        const { index } = this;
        const event = fanOut.log.read(index);
        fanOut.advance(this);
        this.#deliver(event, fanOut.positionOf(index));
      } else if (fanOut.end !== undefined) this.finish(fanOut.end);
      else {
        this.#state = 'idle';
        if (this.#isAsync || !fanOut.joinLive(this)) fanOut.wait(this);
      }
    }
  }

  threw(error: unknown): void {
    this.detach(error);
  }

  promised(promise: PromiseLike<unknown>): void {
    // It may have left the group in the very callback that returned the promise.
    if (this.slot >= 0) this.#fanOut.leaveLive(this);
    this.#await(promise);
  }

  detach(error: unknown): void {
    const end: DetachedEnd = { status: 'detached', error };
    if (!this.#close(end)) return;
    this.#fanOut.detached(error);
    this.#tell(end);
  }

  finish(end: StreamEnd<Result>): void {
    if (this.#close(end)) this.#tell(end);
  }

  #deliver(item: Item<Event>, position: StreamPosition): void {
    try {
      const returned = this.item(item, position) as PromiseLike<unknown> | undefined;
      if (typeof returned?.then === 'function') this.#await(returned);
    } catch (error) {
      this.detach(error);
    }
  }

  #await(promise: PromiseLike<unknown>): void {
    this.#isAsync = true;
    if (typeof this.#state === 'string') this.#state = 'awaiting';
    promise.then(
      () => {
        if (this.#state !== 'awaiting') return;
        this.#state = 'idle';
        this.wake();
      },
      (error: unknown) => this.detach(error),
    );
  }

  #close(end: SubscriptionEnd<Result>): boolean {
    if (typeof this.#state === 'object') return false;
    this.#state = end;
    this.#stopListening?.();
    if (this.slot >= 0) this.#fanOut.leaveLive(this);
    this.#fanOut.leave(this);
    this.#settle?.(end);
    return true;
  }

  #tell(end: StreamEnd<Result> | DetachedEnd): void {
    try {
      const returned = this.#withEnd?.end?.(end) as PromiseLike<unknown> | undefined;
      if (typeof returned?.then === 'function') {
        returned.then(undefined, (error: unknown) => this.#fanOut.detached(error));
      }
    } catch (error) {
      this.#fanOut.detached(error);
    }
  }
}

/** Follows the log with a callback. Throws `history-lost`. */
export function subscribeCallback<Event, Result>(
  fanOut: FanOut<Event, Result>,
  subscriber: Subscriber<Item<Event>> | SubscriberWithEnd<Item<Event>, Result>,
  options: SubscribeOptions,
): Subscription<Result> {
  return new CallbackSubscription(fanOut, subscriber, options);
}
