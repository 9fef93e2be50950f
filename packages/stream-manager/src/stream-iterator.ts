import type { Cursor } from './cursor.ts';
import type { StreamPosition } from './event-log.ts';
import type { FanOut } from './fan-out.ts';
import type { GapEvent, OnSlow, StreamIterator, SubscribeOptions } from './types.ts';

type Item<Event> = Event | GapEvent;

/** A `next()` that has not been answered, and the one after it. */
interface Pending<Value> {
  resolve(result: IteratorResult<Value, void>): void;
  reject(error: unknown): void;
  following: Pending<Value> | undefined;
}

const done: IteratorReturnResult<void> = Object.freeze({ done: true, value: undefined });

/**
 * Follows the log by pulling. Written by hand, because a generator's `return()` waits for its pending `next()`.
 */
export class LogIterator<Event, Result> implements StreamIterator<Item<Event>>, Cursor {
  index: number;
  gapFrom: number;
  readonly onSlow: OnSlow;
  readonly #fanOut: FanOut<Event, Result>;
  #first: Pending<Item<Event>> | undefined;
  #last: Pending<Item<Event>> | undefined;
  #isClosed = false;
  /** The error for the next `next()`, once. */
  #failure: { readonly error: unknown } | undefined;
  #stopListening: (() => void) | undefined;

  /** @throws StreamManagerError `history-lost` */
  constructor(fanOut: FanOut<Event, Result>, options: SubscribeOptions) {
    const start = fanOut.startOf(options);
    this.index = start.index;
    this.gapFrom = start.gapFrom;
    this.onSlow = options.onSlow ?? 'buffer';
    this.#fanOut = fanOut;
    const { signal } = options;
    fanOut.enter(this);
    if (signal === undefined) return;
    const abort = (): void => this.#close({ error: signal.reason });
    signal.addEventListener('abort', abort, { once: true });
    this.#stopListening = () => signal.removeEventListener('abort', abort);
    if (signal.aborted) abort();
  }

  get position(): StreamPosition | undefined {
    return this.index > 0 ? this.#fanOut.positionOf(this.index - 1) : undefined;
  }

  next(): Promise<IteratorResult<Item<Event>, void>> {
    if (this.#first === undefined) {
      const answer = this.#answer();
      if (answer !== undefined) return answer;
    }
    return new Promise((resolve, reject) => {
      const pending: Pending<Item<Event>> = { resolve, reject, following: undefined };
      if (this.#last === undefined) {
        this.#first = pending;
        this.#fanOut.wait(this);
      } else this.#last.following = pending;
      this.#last = pending;
    });
  }

  return(): Promise<IteratorResult<Item<Event>, void>> {
    this.#close(undefined);
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
      const item = this.#take();
      if (item === undefined) break;
      this.#shift()?.resolve({ done: false, value: item.value });
    }
    if (this.#first === undefined) return;
    const { end } = this.#fanOut;
    if (end === undefined) this.#fanOut.wait(this);
    else this.#close(end.status === 'failed' ? { error: end.error } : undefined);
  }

  detach(error: unknown): void {
    if (this.#isClosed) return;
    this.#close({ error });
    this.#fanOut.observer.onDetach(error);
  }

  /** Returns the answer to a `next()` if there is one now. */
  #answer(): Promise<IteratorResult<Item<Event>, void>> | undefined {
    const item = this.#isClosed ? undefined : this.#take();
    if (item !== undefined) return Promise.resolve({ done: false, value: item.value });
    const { end } = this.#fanOut;
    if (!this.#isClosed && end === undefined) return undefined;
    if (!this.#isClosed) this.#close(end?.status === 'failed' ? { error: end.error } : undefined);
    const failure = this.#failure;
    this.#failure = undefined;
    return failure === undefined ? Promise.resolve(done) : Promise.reject(failure.error);
  }

  #take(): { readonly value: Item<Event> } | undefined {
    const fanOut = this.#fanOut;
    const gap = fanOut.gapOf(this);
    if (gap !== undefined) return { value: gap };
    if (this.index >= fanOut.log.next) return undefined;
    const value = fanOut.log.read(this.index);
    fanOut.advance(this);
    return { value };
  }

  #shift(): Pending<Item<Event>> | undefined {
    const first = this.#first;
    this.#first = first?.following;
    if (this.#first === undefined) this.#last = undefined;
    return first;
  }

  /** Leaves. The first waiting `next()`, or else the next call, rejects with the failure; all others are done. */
  #close(failure: { readonly error: unknown } | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#failure = failure;
    this.#stopListening?.();
    this.#fanOut.leave(this);
    for (let pending = this.#shift(); pending !== undefined; pending = this.#shift()) {
      if (this.#failure === undefined) pending.resolve(done);
      else pending.reject(this.#failure.error);
      this.#failure = undefined;
    }
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
