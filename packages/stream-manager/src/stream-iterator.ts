import type { Cursor } from './cursor.ts';
import type { StreamPosition } from './event-log.ts';
import type { FanOut } from './fan-out.ts';
import type { GapEvent, OnSlow, PickOptions, StreamEnd, StreamIterator, SubscribeOptions } from './types.ts';

/** A `next()` that has not been answered, and the one after it. */
interface Pending<Item> {
  readonly promise: Promise<IteratorResult<Item, void>>;
  resolve(result: IteratorResult<Item, void>): void;
  reject(error: unknown): void;
  following: Pending<Item> | undefined;
}

/** There is no item. An event may be any value, `undefined` too. */
const none = Symbol('none');

const done: IteratorReturnResult<void> = Object.freeze({ done: true, value: undefined });

/**
 * Follows the log by pulling. An event that is there already is answered without a turn of its own. Written by hand,
 * because a generator's `return()` waits for its pending `next()`.
 */
export class LogIterator<Event, Result, Item> implements StreamIterator<Item>, Cursor {
  index: number;
  gapFrom: number;
  readonly onSlow: OnSlow;
  readonly #fanOut: FanOut<Event, Result>;
  readonly #hooks: Partial<PickOptions<Event, Result, Item & {}>>;
  #first: Pending<Item> | undefined;
  #last: Pending<Item> | undefined;
  #isClosed = false;
  /** The item that is made of the end, for the next `next()`. */
  #lastItem: Item | typeof none = none;
  /** The error for the `next()` after it, once. */
  #failure: { readonly error: unknown } | undefined;
  /** The rest is the stream's own end, which its `ended` reports too. */
  #hasEnd = false;
  #stopListening: (() => void) | undefined;

  /** @throws StreamManagerError `history-lost` */
  constructor(fanOut: FanOut<Event, Result>, options: SubscribeOptions | PickOptions<Event, Result, Item & {}>) {
    const start = fanOut.startOf(options);
    this.index = start.index;
    this.gapFrom = start.gapFrom;
    this.onSlow = options.onSlow ?? 'buffer';
    this.#fanOut = fanOut;
    this.#hooks = options;
    const { signal } = options;
    fanOut.enter(this);
    if (signal === undefined) return;
    const abort = (): void => this.#leave({ error: signal.reason });
    signal.addEventListener('abort', abort, { once: true });
    this.#stopListening = () => signal.removeEventListener('abort', abort);
    if (signal.aborted) abort();
  }

  get position(): StreamPosition | undefined {
    return this.index > 0 ? this.#fanOut.positionOf(this.index - 1) : undefined;
  }

  next(): Promise<IteratorResult<Item, void>> {
    if (this.#first === undefined) {
      const item = this.#take();
      if (item !== none) return Promise.resolve({ done: false, value: item });
      if (!this.#isClosed && this.#fanOut.end !== undefined) this.#finish(this.#fanOut.end);
      if (this.#isClosed) return this.#answerLast();
      this.#fanOut.wait(this);
    }
    const pending: Pending<Item> = { ...Promise.withResolvers<IteratorResult<Item, void>>(), following: undefined };
    if (this.#last === undefined) this.#first = pending;
    else this.#last.following = pending;
    this.#last = pending;
    return pending.promise;
  }

  return(): Promise<IteratorResult<Item, void>> {
    this.#leave(undefined);
    this.#lastItem = none;
    this.#failure = undefined;
    return Promise.resolve(done);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  wake(): void {
    while (this.#first !== undefined) {
      const value = this.#take();
      if (value === none) break;
      this.#shift()?.resolve({ done: false, value });
    }
    if (this.#first === undefined) return;
    const { end } = this.#fanOut;
    if (end === undefined) this.#fanOut.wait(this);
    else this.#finish(end);
  }

  detach(error: unknown): void {
    if (this.#isClosed) return;
    this.#leave({ error });
    this.#fanOut.observer.onDetach(error);
  }

  /** Returns the next item that is there now. */
  #take(): Item | typeof none {
    const fanOut = this.#fanOut;
    const { pick } = this.#hooks;
    while (!this.#isClosed) {
      const gap = fanOut.gapOf(this);
      let event: Event | GapEvent;
      if (gap !== undefined) event = gap;
      else {
        if (this.index >= fanOut.log.next) return none;
        event = fanOut.log.read(this.index);
        fanOut.advance(this);
      }
      // Without `pick` the items are the events.
      if (pick === undefined) return event as unknown as Item;
      try {
        const item = pick(event);
        if (item !== undefined) return item;
      } catch (error) {
        this.detach(error);
      }
    }
    return none;
  }

  #shift(): Pending<Item> | undefined {
    const first = this.#first;
    this.#first = first?.following;
    if (this.#first === undefined) this.#last = undefined;
    return first;
  }

  #answerLast(): Promise<IteratorResult<Item, void>> {
    const { last, failure } = this.#takeLast();
    if (last !== none) return Promise.resolve({ done: false, value: last });
    return failure === undefined ? Promise.resolve(done) : this.#keepQuiet(Promise.reject(failure.error));
  }

  #takeLast(): { readonly last: Item | typeof none; readonly failure?: { readonly error: unknown } | undefined } {
    const last = this.#lastItem;
    this.#lastItem = none;
    if (last !== none) return { last };
    const failure = this.#failure;
    this.#failure = undefined;
    return { last, failure };
  }

  /** An end that the stream's `ended` reports too must not end the program if this promise is never awaited. */
  #keepQuiet<Value>(promise: Promise<Value>): Promise<Value> {
    if (this.#hasEnd) promise.catch(() => undefined);
    return promise;
  }

  /** The reader has read everything. */
  #finish(end: StreamEnd<Result>): void {
    const { pickEnd } = this.#hooks;
    this.#hasEnd = true;
    const isFailed = end.status === 'failed';
    if (pickEnd === undefined) return this.#close(isFailed ? { error: end.error } : undefined);
    const { item, error } = pickEnd(end);
    if (item !== undefined) this.#lastItem = item;
    this.#close(error === undefined ? undefined : { error });
  }

  #leave(failure: { readonly error: unknown } | undefined): void {
    if (this.#isClosed) return;
    const { onLeave } = this.#hooks;
    this.#close(failure, onLeave);
  }

  /** Leaves the stream. The waiting calls get the last item, then the failure; all others are done. */
  #close(failure: { readonly error: unknown } | undefined, onLeave?: () => void): void {
    this.#isClosed = true;
    this.#failure = failure;
    this.#stopListening?.();
    for (let pending = this.#shift(); pending !== undefined; pending = this.#shift()) {
      const { last, failure: thrown } = this.#takeLast();
      if (last !== none) pending.resolve({ done: false, value: last });
      else if (thrown === undefined) pending.resolve(done);
      else {
        pending.reject(thrown.error);
        void this.#keepQuiet(pending.promise);
      }
    }
    onLeave?.();
    this.#fanOut.leave(this);
  }
}

/** Returns a web stream that reads an event from the iterator only when its own reader does. Cancelling it leaves. */
export function toReadableStream<Value>(iterator: StreamIterator<Value>): ReadableStream<Value> {
  return new ReadableStream<Value>(
    {
      async pull(controller) {
        const result = await iterator.next();
        if (result.done === true) controller.close();
        else controller.enqueue(result.value);
      },
      async cancel() {
        await iterator.return();
      },
    },
    { highWaterMark: 0 },
  );
}
