import type { Cursor } from './cursor.ts';
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
 * Follows the log with a callback. `unsubscribe` is a getter, because a method of its own costs an object 64 bytes, and
 * an idle subscriber has 200 in all.
 */
export class CallbackSubscription<Event, Result> implements Subscription<Result>, Cursor {
  index: number;
  gapFrom: number;
  /** Its slot in the tail group; -1 outside. */
  slot = -1;
  readonly onSlow: OnSlow;
  readonly item: Subscriber<Item<Event>>;
  readonly #fanOut: FanOut<Event, Result>;
  readonly #withEnd: SubscriberWithEnd<Item<Event>, Result> | undefined;
  /** `idle` at the tail, `reading` in its loop, `awaiting` the promise of its callback, or its end. */
  #state: 'idle' | 'reading' | 'awaiting' | SubscriptionEnd<Result> = 'idle';
  #isAsync = false;
  #ended: Promise<SubscriptionEnd<Result>> | undefined;
  #settle: ((end: SubscriptionEnd<Result>) => void) | undefined;
  #stopListening: (() => void) | undefined;

  /** @throws StreamManagerError `history-lost` */
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
    if (this.gapFrom < 0 && fanOut.enterAtTail(this)) return;
    fanOut.enter(this);
    // A replay waits for the end of this turn: its first callback may use the subscription that is being created.
    queueMicrotask(() => this.wake());
  }

  get position(): StreamPosition | undefined {
    const index = this.slot >= 0 ? this.#fanOut.tailIndexOf(this.slot) : this.index;
    return index > 0 ? this.#fanOut.positionOf(index - 1) : undefined;
  }

  get ended(): Promise<SubscriptionEnd<Result>> {
    this.#ended ??= new Promise((resolve) => {
      if (typeof this.#state === 'object') resolve(this.#state);
      else this.#settle = resolve;
    });
    return this.#ended;
  }

  // Created on demand, so that it can be passed on by itself and costs an idle subscriber nothing.
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
        if (this.#isAsync || !fanOut.joinTail(this)) fanOut.wait(this);
      }
    }
  }

  /** The callback returned a promise: the subscription leaves the tail group and waits for it. */
  onPromise(promise: PromiseLike<unknown>): void {
    // It may have left the group in the very callback that returned the promise.
    if (this.slot >= 0) this.#fanOut.leaveTail(this);
    this.#await(promise);
  }

  detach(error: unknown): void {
    const end: DetachedEnd = { status: 'detached', error };
    if (!this.#close(end)) return;
    this.#fanOut.observer.onDetach(error);
    this.#callEnd(end);
  }

  finish(end: StreamEnd<Result>): void {
    if (this.#close(end)) this.#callEnd(end);
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
    if (this.slot >= 0) this.#fanOut.leaveTail(this);
    this.#fanOut.leave(this);
    this.#settle?.(end);
    return true;
  }

  #callEnd(end: StreamEnd<Result> | DetachedEnd): void {
    const { observer } = this.#fanOut;
    try {
      const returned = this.#withEnd?.end?.(end) as PromiseLike<unknown> | undefined;
      if (typeof returned?.then === 'function') returned.then(undefined, (error: unknown) => observer.onDetach(error));
    } catch (error) {
      observer.onDetach(error);
    }
  }
}
