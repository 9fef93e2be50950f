import type { SseEvent } from '@gemini/sse-parser';
import { performance } from 'node:perf_hooks';
import type { Dispatcher } from 'undici';
import { createAttempts, type Attempts, type AttemptsObserver } from '../attempts/attempts.ts';
import type { ResponseHead } from '../attempts/attempt.ts';
import { bodyEndOf, type BodyEnd } from '../body/body-end.ts';
import type { Arrival } from '../verdict/arrivals.ts';
import { classifyDelivery } from '../verdict/classify-delivery.ts';
import { createDeadline, type Deadline, type DeadlineOwner } from '../exchange/deadline.ts';
import { createDelivery, type Delivery, type DeliverySource } from './delivery.ts';
import type { DeliveryVerdict } from '../verdict/delivery-verdict.ts';
import type { HttpStreamError, HttpStreamErrorCode, HttpStreamErrorFacts } from '../errors.ts';
import { createEventStream, type LiveStream } from './event-stream.ts';
import type { OutgoingRequest } from '../exchange/outgoing-request.ts';
import { createFlightRecorder, type FlightRecorder } from '../flight/flight-recorder.ts';
import type { ResolvedEventStreamOptions } from '../options.ts';
import type { ConsumptionControl, EventStream, EventStreamConsumer, StreamTiming } from '../types.ts';

/** What a call of `openEventStream` has settled before anything is sent. */
export interface StreamSetup {
  readonly request: OutgoingRequest;
  readonly dispatcher: Dispatcher;
  readonly limits: ResolvedEventStreamOptions;
  readonly signal: AbortSignal | undefined;
  /** When it was called, on the clock of `performance.now()`. */
  readonly startedTick: number;
}

const noHead: ResponseHead = { status: 0, headers: {} };
const nothing = { bytes: 0, events: 0 } as const;

class RunningStream implements LiveStream, AttemptsObserver, DeliverySource, DeadlineOwner {
  readonly limits: ResolvedEventStreamOptions;
  head = noHead;
  readonly #signal: AbortSignal | undefined;
  readonly #startedTick: number;
  readonly #recorder: FlightRecorder;
  readonly #attempts: Attempts;
  readonly #delivery: Delivery;
  readonly #totalDeadline: Deadline | undefined;
  readonly #onAbort: (() => void) | undefined;
  /** Who waits for the headers; gone when they are there. */
  #opening: Pick<PromiseWithResolvers<EventStream>, 'resolve' | 'reject'> | undefined;
  #over = false;
  #stopped = false;

  constructor(setup: StreamSetup, opening: PromiseWithResolvers<EventStream>) {
    const { request, limits, signal, startedTick } = setup;
    const elapsedMs = (): number => performance.now() - startedTick;
    this.limits = limits;
    this.#signal = signal;
    this.#startedTick = startedTick;
    this.#opening = opening;
    this.#recorder = createFlightRecorder(request, elapsedMs);
    const { dispatcher } = setup;
    this.#attempts = createAttempts({ request, dispatcher, limits, elapsedMs, recorder: this.#recorder }, this);
    this.#delivery = createDelivery(this);
    this.#onAbort = signal && (() => this.stop('aborted', 'the signal was aborted', { cause: signal.reason }));
    this.#totalDeadline = limits.totalTimeoutMs > 0 ? createDeadline(this) : undefined;
  }
  start(): void {
    if (this.#signal?.aborted) return this.#onAbort?.();
    if (this.#onAbort) this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#totalDeadline?.start(this.limits.totalTimeoutMs);
    this.#attempts.start();
  }
  expired(): void {
    const timeoutMs = this.limits.totalTimeoutMs;
    if (!this.#over) this.#attempts.giveRest();
    this.stop('total-timeout', `the stream was not over within ${timeoutMs} ms`, { timeoutMs });
  }
  attempt(): number {
    return this.#attempts.count();
  }
  timing(): StreamTiming {
    const current = this.#attempts.current();
    const last = current.head();
    const { bytes: bytesCount, events: eventsCount } = current.body()?.counts ?? nothing;
    return {
      startedAt: performance.timeOrigin + this.#startedTick,
      attemptMs: current.startedMs,
      ...current.moments,
      bytesCount,
      eventsCount,
      bodyEnd: current.moments.endedMs === undefined ? undefined : last && bodyEndOf(last.headers),
    };
  }
  verdict(): DeliveryVerdict {
    return classifyDelivery(this.arrivals(), this.head.headers);
  }
  arrivals(): Arrival[] {
    return this.#attempts.current().body()?.arrivals.list() ?? [];
  }
  consume(consumer: EventStreamConsumer): ConsumptionControl {
    return this.#delivery.consume(consumer);
  }
  stop(code: HttpStreamErrorCode, message: string, facts: Partial<HttpStreamErrorFacts>): void {
    if (this.#stopped || this.#delivery.isEnded() || (this.#over && this.#opening)) return;
    this.#stopped = true;
    const error = this.#attempts.abort(code, message, facts);
    this.#finish(error);
    if (this.#opening) this.#opening.reject(error);
    else this.#delivery.drop(error);
  }

  opened(): void {
    this.head = this.#attempts.current().head() ?? this.head;
    const opening = this.#opening;
    if (opening === undefined) return;
    this.#opening = undefined;
    this.#delivery.open();
    opening.resolve(createEventStream(this));
  }
  event(event: SseEvent): void {
    this.#delivery.event(event);
  }
  text(text: string): void {
    this.#delivery.text(text);
  }
  ended(bodyEnd: BodyEnd, isInsideEvent: boolean): void {
    this.#finish();
    this.#delivery.end({ bodyEnd, isInsideEvent });
  }
  failed(error: HttpStreamError): void {
    this.#finish(error);
    if (this.#opening) this.#opening.reject(error);
    else this.#delivery.end({ error });
  }

  get unreadTimeoutMs(): number {
    return this.limits.unreadTimeoutMs;
  }
  onFlow(flowing: boolean): void {
    if (flowing) this.#attempts.resume();
    else this.#attempts.pause();
  }
  onUnread(): void {
    const timeoutMs = this.limits.unreadTimeoutMs;
    this.stop('abandoned', `nobody read the stream for ${timeoutMs} ms`, { timeoutMs });
  }
  onConsumerFailed(cause: unknown): void {
    this.stop('consumer-failed', 'the consumer threw', { cause });
  }
  #finish(error?: HttpStreamError): void {
    if (this.#over) return;
    this.#over = true;
    this.#totalDeadline?.stop();
    if (this.#onAbort) this.#signal?.removeEventListener('abort', this.#onAbort);
    const { bytes: bytesCount, events: eventsCount } = this.#attempts.current().body()?.counts ?? nothing;
    const { status } = this.head;
    this.#recorder.note('end', this.attempt(), { status, code: error?.code, bytesCount, eventsCount });
  }
}

/** Sends the request, again where that is due; resolves when the headers of an event stream are in. */
export function startEventStream(setup: StreamSetup): Promise<EventStream> {
  const opening = Promise.withResolvers<EventStream>();
  new RunningStream(setup, opening).start();
  return opening.promise;
}
