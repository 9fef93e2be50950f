import type { SseEvent } from '@gemini/sse-parser';
import type { HttpStreamError } from './errors.ts';
import type { ConsumptionControl, EventStream, EventStreamConsumer } from './types.ts';

type Result = IteratorResult<SseEvent, undefined>;

/** The object of an event and its place in the queue: many small events count too. */
const eventOverheadBytes = 128;

/**
 * Pulls a stream's events one at a time. Written by hand, because a generator's `return()` waits for its pending
 * `next()`: leaving must close the socket at once. At most `maxBufferedBytes` wait here; past it the socket rests.
 */
export class EventIterator implements AsyncIterator<SseEvent, undefined>, EventStreamConsumer {
  readonly #stream: Pick<EventStream, 'consume' | 'cancel'>;
  readonly #maxBufferedBytes: number;
  readonly #control: ConsumptionControl;
  #waiting: PromiseWithResolvers<Result>[] = [];
  #queue: SseEvent[] = [];
  #takenCount = 0;
  #queuedBytes = 0;
  #isEnded = false;
  #failure: HttpStreamError | undefined;

  constructor(stream: Pick<EventStream, 'consume' | 'cancel'>, maxBufferedBytes: number) {
    this.#stream = stream;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#control = stream.consume(this);
  }

  event(event: SseEvent): void {
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) return waiter.resolve({ done: false, value: event });
    this.#queue.push(event);
    this.#queuedBytes += sizeOf(event);
    if (this.#queuedBytes >= this.#maxBufferedBytes) this.#control.pause();
  }

  end(): void {
    this.#end(undefined);
  }

  error(error: HttpStreamError): void {
    this.#end(error);
  }

  next(): Promise<Result> {
    const event = this.#take();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    const waiter = Promise.withResolvers<Result>();
    if (this.#isEnded) this.#settle(waiter);
    else {
      this.#waiting.push(waiter);
      this.#control.resume();
    }
    return waiter.promise;
  }

  return(): Promise<Result> {
    // Before the stream is cancelled: the iteration that leaves must not end with `aborted`.
    this.#isEnded = true;
    this.#failure = undefined;
    this.#queue = [];
    this.#takenCount = 0;
    this.#stream.cancel();
    this.#settleAll();
    return Promise.resolve({ done: true, value: undefined });
  }

  #end(error: HttpStreamError | undefined): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#failure = error;
    this.#settleAll();
  }

  #settleAll(): void {
    for (const waiter of this.#waiting.splice(0)) this.#settle(waiter);
  }

  /** The failure is thrown once; after it the iteration is over. */
  #settle(waiter: PromiseWithResolvers<Result>): void {
    const error = this.#failure;
    this.#failure = undefined;
    if (error === undefined) waiter.resolve({ done: true, value: undefined });
    else waiter.reject(error);
  }

  #take(): SseEvent | undefined {
    const event = this.#queue[this.#takenCount];
    if (event === undefined) return undefined;
    this.#takenCount += 1;
    this.#queuedBytes -= sizeOf(event);
    // Instead of a shift for each event, which moves all that stand behind it.
    if (this.#takenCount === this.#queue.length) {
      this.#queue = [];
      this.#takenCount = 0;
    }
    return event;
  }
}

/** Returns an upper bound: V8 stores a character in one byte or two. */
function sizeOf({ data, event = '', id = '' }: SseEvent): number {
  return 2 * (data.length + event.length + id.length) + eventOverheadBytes;
}
