import { CallbackSubscription } from './callback-subscription.ts';
import { checkIterateOptions, checkSubscribeOptions } from './options.ts';
import type { Stream } from './stream.ts';
import { LogIterator, toReadableStream } from './stream-iterator.ts';
import type {
  GapEvent,
  ManagedStream,
  PickOptions,
  StreamEnd,
  StreamInfo,
  StreamIterator,
  SubscribeOptions,
  Subscriber,
  SubscriberWithEnd,
  Subscription,
} from './types.ts';

/** One object for all: an iterator holds its options for as long as it lives. */
const noOptions: SubscribeOptions = Object.freeze({});

/** The stream as callers see it, without the sink. */
export class StreamHandle<Event, Result> implements ManagedStream<Event, Result> {
  readonly id: string;
  readonly #stream: Stream<Event, Result>;

  constructor(stream: Stream<Event, Result>) {
    this.id = stream.id;
    this.#stream = stream;
  }

  get ended(): Promise<StreamEnd<Result>> {
    return this.#stream.ended;
  }

  // Created on demand, so that it can be passed on by itself.
  get stop(): (reason?: unknown) => void {
    return (reason) => this.#stream.stop(reason);
  }

  info(): StreamInfo {
    return this.#stream.info();
  }

  subscribe(
    subscriber: Subscriber<Event | GapEvent> | SubscriberWithEnd<Event | GapEvent, Result>,
    options: SubscribeOptions = noOptions,
  ): Subscription<Result> {
    checkSubscribeOptions(options);
    return new CallbackSubscription(this.#stream.fanOut, subscriber, options);
  }

  [Symbol.asyncIterator](): StreamIterator<Event> {
    return this.iterate();
  }

  // The overloads of `ManagedStream` say which items there are for which options.
  iterate<Item = Event>(
    options: SubscribeOptions | PickOptions<Event, Result, Item & {}> = noOptions,
  ): StreamIterator<Item> {
    checkIterateOptions(options);
    return new LogIterator<Event, Result, Item>(this.#stream.fanOut, options);
  }

  toReadableStream(options: SubscribeOptions = noOptions): ReadableStream<Event> {
    return toReadableStream(this.iterate(options));
  }
}
