import type { SseEvent } from '@gemini/sse-parser';
import type { ResponseHead } from './attempt.ts';
import type { HttpStreamError, HttpStreamErrorCode, HttpStreamErrorFacts } from './errors.ts';
import type { ResolvedEventStreamOptions } from './options.ts';
import type {
  Arrival,
  ConsumptionControl,
  DeliveryVerdict,
  EventStream,
  EventStreamConsumer,
  StreamTiming,
} from './types.ts';

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

type Result = IteratorResult<SseEvent, undefined>;

/** The object of an event and its place in the queue: many small events count too. */
const eventOverheadBytes = 128;

/**
 * Pulls a stream's events one at a time. Written by hand, because a generator's `return()` waits for its pending
 * `next()`: leaving must close the socket at once. At most `maxBufferedBytes` wait here; past it the socket rests.
 */
export function iterateEvents(
  stream: Pick<EventStream, 'consume' | 'cancel'>,
  maxBufferedBytes: number,
): AsyncIterator<SseEvent, undefined> {
  const waiting: PromiseWithResolvers<Result>[] = [];
  let queue: SseEvent[] = [];
  let taken = 0;
  let queuedBytes = 0;
  let ended = false;
  let failure: HttpStreamError | undefined;

  const control = stream.consume({
    event(event) {
      const waiter = waiting.shift();
      if (waiter !== undefined) {
        waiter.resolve({ done: false, value: event });
        return;
      }
      queue.push(event);
      queuedBytes += sizeOf(event);
      if (queuedBytes >= maxBufferedBytes) control.pause();
    },
    end: () => finish(undefined),
    error: (error) => finish(error),
  });

  function finish(error: HttpStreamError | undefined): void {
    if (ended) return;
    ended = true;
    failure = error;
    for (const waiter of waiting.splice(0)) settle(waiter);
  }
  /** The failure is thrown once; after it the iteration is over. */
  function settle(waiter: PromiseWithResolvers<Result>): void {
    const error = failure;
    failure = undefined;
    if (error === undefined) waiter.resolve({ done: true, value: undefined });
    else waiter.reject(error);
  }
  function take(): SseEvent | undefined {
    const event = queue[taken];
    if (event === undefined) return undefined;
    taken += 1;
    queuedBytes -= sizeOf(event);
    // Instead of a shift for each event, which moves all that stand behind it.
    if (taken === queue.length) {
      queue = [];
      taken = 0;
    }
    return event;
  }

  return {
    next() {
      const event = take();
      if (event !== undefined) return Promise.resolve({ done: false, value: event });
      const waiter = Promise.withResolvers<Result>();
      if (ended) settle(waiter);
      else {
        waiting.push(waiter);
        control.resume();
      }
      return waiter.promise;
    },
    return() {
      // Before the stream hears of it: who leaves is not told that the stream was cancelled.
      ended = true;
      failure = undefined;
      queue = [];
      taken = 0;
      stream.cancel();
      for (const waiter of waiting.splice(0)) settle(waiter);
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

/** An upper bound: V8 stores a character in one byte or two. */
function sizeOf({ data, event = '', id = '' }: SseEvent): number {
  return 2 * (data.length + event.length + id.length) + eventOverheadBytes;
}
