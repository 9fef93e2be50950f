import { CallbackSubscription } from './callback-subscription.ts';
import { checkSubscribeOptions } from './options.ts';
import type { Stream } from './stream.ts';
import { LogIterator, toReadableStream } from './stream-iterator.ts';
import type {
  GapEvent,
  ManagedStream,
  StreamEnd,
  StreamInfo,
  StreamIterator,
  SubscribeOptions,
  Subscriber,
  SubscriberWithEnd,
  Subscription,
} from './types.ts';

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
    options: SubscribeOptions = {},
  ): Subscription<Result> {
    checkSubscribeOptions(options);
    return new CallbackSubscription(this.#stream.fanOut, subscriber, options);
  }

  [Symbol.asyncIterator](): StreamIterator<Event> {
    return this.iterate();
  }

  iterate(options: SubscribeOptions = {}): StreamIterator<Event> {
    checkSubscribeOptions(options);
    // The overloads of `ManagedStream` add the gaps for options that allow them.
    return new LogIterator(this.#stream.fanOut, options) as StreamIterator<Event>;
  }

  toReadableStream(options: SubscribeOptions = {}): ReadableStream<Event> {
    return toReadableStream(this.iterate(options));
  }
}
