import type { SseEvent } from '@gemini/sse-parser';
import type { LiveStream } from './live-stream.ts';
import { iterateEvents } from './iterate-events.ts';
import type { DeliveryVerdict } from './delivery-verdict.ts';
import type { ConsumptionControl, EventStream, EventStreamConsumer, StreamTiming } from './types.ts';

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
