import type { SseEvent } from '@gemini/sse-parser';
import type { ResponseHead } from '../attempts/attempt.ts';
import type { HttpStreamErrorCode, HttpStreamErrorFacts } from '../errors.ts';
import type { ResolvedEventStreamOptions } from '../options.ts';
import { iterateEvents } from './iterate-events.ts';
import type { Arrival } from '../verdict/arrivals.ts';
import type { DeliveryVerdict } from '../verdict/delivery-verdict.ts';
import type { ConsumptionControl, EventStream, EventStreamConsumer, StreamTiming } from '../types.ts';

/** All of one stream: its attempts on the one side, its consumer on the other, and what ends both. */
export interface LiveStream {
  readonly limits: ResolvedEventStreamOptions;
  /** Of the last response that was an event stream: there when anybody has the stream in hand. */
  readonly head: ResponseHead;
  attempt(): number;
  timing(): StreamTiming;
  verdict(): DeliveryVerdict;
  arrivals(): Arrival[];
  consume(consumer: EventStreamConsumer): ConsumptionControl;
  /** Ended from this side: by the caller, or by a limit. */
  stop(code: HttpStreamErrorCode, message: string, facts: Partial<HttpStreamErrorFacts>): void;
}

/** What a caller has in hand. It shows nothing of itself when it is inspected: the request has a key and a prompt. */
class OpenedStream implements EventStream {
  readonly #live: LiveStream;

  constructor(live: LiveStream) {
    this.#live = live;
  }
  get status(): number {
    return this.#live.head.status;
  }
  get headers(): Readonly<Record<string, string>> {
    return this.#live.head.headers;
  }
  get attempt(): number {
    return this.#live.attempt();
  }
  get timing(): StreamTiming {
    return this.#live.timing();
  }
  consume(consumer: EventStreamConsumer): ConsumptionControl {
    return this.#live.consume(consumer);
  }
  verdict(): DeliveryVerdict {
    return this.#live.verdict();
  }
  arrivals(): Arrival[] {
    return this.#live.arrivals();
  }
  cancel(reason?: unknown): void {
    this.#live.stop('aborted', 'the stream was cancelled', { cause: reason });
  }
  [Symbol.asyncIterator](): AsyncIterator<SseEvent, undefined> {
    return iterateEvents(this, this.#live.limits.maxBufferedBytes);
  }
  [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
    return Promise.resolve();
  }
}

/** The outside of a stream that is open. */
export function createEventStream(live: LiveStream): EventStream {
  return new OpenedStream(live);
}
