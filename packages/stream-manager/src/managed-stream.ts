import { subscribeCallback } from './callback-subscription.ts';
import type { FanOut } from './fan-out.ts';
import { iterateLog, toReadableStream } from './stream-iterator.ts';
import type { ManagedStream, StreamEnd, StreamInfo, StreamIterator, SubscribeOptions, Subscription } from './types.ts';

/** The stream that a handle is of. */
export interface HandleOwner<Event, Result> {
  readonly id: string;
  readonly fanOut: FanOut<Event, Result>;
  readonly ended: Promise<StreamEnd<Result>>;
  info(): StreamInfo;
  stop(reason?: unknown): void;
}

class StreamHandle<Event, Result> implements ManagedStream<Event, Result> {
  readonly id: string;
  readonly #owner: HandleOwner<Event, Result>;

  constructor(owner: HandleOwner<Event, Result>) {
    this.id = owner.id;
    this.#owner = owner;
  }

  get ended(): Promise<StreamEnd<Result>> {
    return this.#owner.ended;
  }

  // Made when it is asked for, so that it can be handed on by itself.
  get stop(): (reason?: unknown) => void {
    return (reason) => this.#owner.stop(reason);
  }

  info(): StreamInfo {
    return this.#owner.info();
  }

  subscribe(
    subscriber: Parameters<typeof subscribeCallback<Event, Result>>[1],
    options: SubscribeOptions = {},
  ): Subscription<Result> {
    return subscribeCallback(this.#owner.fanOut, subscriber, options);
  }

  [Symbol.asyncIterator](): StreamIterator<Event> {
    return this.iterate();
  }

  iterate(options: SubscribeOptions = {}): StreamIterator<Event> {
    // What a reader without gaps was promised is kept by its options.
    return iterateLog(this.#owner.fanOut, options) as StreamIterator<Event>;
  }

  toReadableStream(options: SubscribeOptions = {}): ReadableStream<Event> {
    return toReadableStream(this.iterate(options));
  }
}

/** What callers are given of a stream. */
export function createStreamHandle<Event, Result>(owner: HandleOwner<Event, Result>): ManagedStream<Event, Result> {
  return new StreamHandle(owner);
}
