import type { SseEvent } from '@gemini/sse-parser';
import { performance } from 'node:perf_hooks';
import type { Dispatcher } from 'undici';
import {
  createAttempt,
  type Attempt,
  type AttemptContext,
  type AttemptObserver,
  type ResponseHead,
} from './attempt.ts';
import { classifyDelivery } from './delivery-verdict.ts';
import { HttpStreamError, type HttpStreamErrorCode, type HttpStreamErrorFacts } from './errors.ts';
import { createEventStream, type LiveStream } from './event-stream.ts';
import { createFlightRecorder, type FlightRecorder } from './flight-recorder.ts';
import type { ResolvedEventStreamOptions } from './options.ts';
import { redactCredentials, redactCutCredentials, showableHeaders } from './redact.ts';
import { describeRequest, type OutgoingRequest } from './request.ts';
import { bodyEndOf } from './response-rules.ts';
import { decideRetry, parseRetryAfter } from './retry.ts';
import { createDeadline, type Deadline, type DeadlineOwner } from './time-limits.ts';
import type {
  Arrival,
  BodyEnd,
  ConsumptionControl,
  DeliveryVerdict,
  EventStream,
  EventStreamConsumer,
  StreamTiming,
} from './types.ts';

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
    this.#totalDeadline = limits.totalTimeoutMs === Infinity ? undefined : createDeadline(this);
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

/** What the attempts tell together, as if they were one. One of `ended` and `failed` is called, once, last. */
export interface AttemptsObserver {
  /** An event stream is there: called by each attempt that gets so far. */
  opened(): void;
  event(event: SseEvent): void;
  text(text: string): void;
  ended(bodyEnd: BodyEnd, isInsideEvent: boolean): void;
  failed(error: HttpStreamError): void;
}

/** One request, tried again as long as nothing of an answer was handed on. */
export interface Attempts {
  current(): Attempt;
  /** Attempts begun so far. */
  count(): number;
  start(): void;
  resume(): void;
  pause(): void;
  /** Gives the observer what is left of the body: nothing more is read. */
  giveRest(): void;
  /** Ends everything, a wait between two attempts too; the observer hears nothing more. */
  abort(code: HttpStreamErrorCode, message: string, facts?: Partial<HttpStreamErrorFacts>): HttpStreamError;
}

class RetriedAttempts implements Attempts, AttemptObserver {
  readonly #context: AttemptContext;
  readonly #observer: AttemptsObserver;
  #current: Attempt;
  #number = 0;
  #timer: NodeJS.Timeout | undefined;
  #flowing = false;
  #handedOn = false;
  #over = false;

  constructor(context: AttemptContext, observer: AttemptsObserver) {
    this.#context = context;
    this.#observer = observer;
    this.#current = createAttempt(context, 1, this);
  }
  current(): Attempt {
    return this.#current;
  }
  count(): number {
    return this.#number;
  }
  start(): void {
    this.#number += 1;
    this.#context.recorder.note('start', this.#number);
    if (this.#flowing) this.#current.resume();
    this.#current.send();
  }
  resume(): void {
    this.#flowing = true;
    this.#current.resume();
  }
  pause(): void {
    this.#flowing = false;
    this.#current.pause();
  }
  giveRest(): void {
    this.#current.endBody();
    const last = this.#current.takeLast();
    if (last !== undefined) this.#current.give(last);
  }
  abort(code: HttpStreamErrorCode, message: string, facts?: Partial<HttpStreamErrorFacts>): HttpStreamError {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#current.abort();
    return this.#failure(code, message, facts);
  }

  opened(): void {
    this.#observer.opened();
  }
  event(event: SseEvent): void {
    this.#handedOn = true;
    this.#observer.event(event);
  }
  text(text: string): void {
    this.#handedOn = true;
    this.#observer.text(text);
  }
  ended(bodyEnd: BodyEnd, isInsideEvent: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#observer.ended(bodyEnd, isInsideEvent);
  }
  failed(code: HttpStreamErrorCode, message: string, facts?: Partial<HttpStreamErrorFacts>): void {
    const last = this.#current.takeLast();
    const error = this.#failure(code, message, facts);
    const { limits, recorder } = this.#context;
    let delayMs: number | undefined;
    try {
      delayMs = this.#handedOn ? undefined : decideRetry(error, this.#number, limits);
      if (delayMs !== undefined) limits.onRetry?.({ attempt: this.#number, delayMs, error });
    } catch (cause) {
      return this.#give(this.#failure('consumer-failed', 'retry.decide or onRetry threw', { cause }));
    }
    // The callback may have ended the stream.
    if (this.#over) return;
    if (delayMs === undefined) {
      if (last !== undefined) this.#current.give(last);
      return this.#give(error);
    }
    recorder.note('retry', this.#number, { code, delayMs });
    this.#timer = setTimeout(() => {
      this.#current = createAttempt(this.#context, this.#number + 1, this);
      this.start();
    }, delayMs);
  }
  #give(error: HttpStreamError): void {
    if (this.#over) return;
    this.#over = true;
    this.#observer.failed(error);
  }
  #failure(
    code: HttpStreamErrorCode,
    message: string,
    { bodyExcerpt, ...facts }: Partial<HttpStreamErrorFacts> = {},
  ): HttpStreamError {
    const { recorder, request } = this.#context;
    const head = this.#current.head();
    const body = this.#current.body();
    const { bytes: bytesCount, events: eventsCount } = body?.counts ?? nothing;
    recorder.note('failure', this.#number, { code, status: head?.status, bytesCount, eventsCount });
    return new HttpStreamError(code, message, {
      ...facts,
      request: describeRequest(request),
      status: head?.status,
      headers: head && showableHeaders(head.headers, request),
      bodyExcerpt: bodyExcerpt && redactCredentials(bodyExcerpt, request),
      retryAfterMs: head && parseRetryAfter(head.headers['retry-after'], Date.now()),
      attempts: this.#number,
      eventsCount,
      bytesCount,
      isInsideEvent: body?.isInsideEvent(),
      recording: recorder.take(this.#number, this.#current.startedMs, body),
      lastText: () => redactCutCredentials(new TextDecoder().decode(body?.lastBytes.read()), request),
    });
  }
}

/** Begins nothing before `start`. */
export function createAttempts(context: AttemptContext, observer: AttemptsObserver): Attempts {
  return new RetriedAttempts(context, observer);
}

/** How a stream ended. */
export type Ending =
  | { readonly bodyEnd: BodyEnd; readonly isInsideEvent: boolean }
  | { readonly error: HttpStreamError };

/** Hands the events of a stream to its one consumer, at the consumer's pace. */
export interface Delivery {
  /** The stream is there: from now on somebody has to read it. */
  open(): void;
  event(event: SseEvent): void;
  text(text: string): void;
  /** The end waits behind the events that a paused consumer has not taken yet. */
  end(ending: Ending): void;
  /** Drops what waits: this is the end now. */
  drop(error: HttpStreamError): void;
  /** @throws TypeError when there is a consumer already */
  consume(consumer: EventStreamConsumer): ConsumptionControl;
  /** The consumer knows the end. */
  isEnded(): boolean;
}

/** What a delivery asks of the stream that feeds it. */
export interface DeliverySource {
  readonly unreadTimeoutMs: number;
  onFlow(flowing: boolean): void;
  /** Nobody read for `unreadTimeoutMs`. */
  onUnread(): void;
  onConsumerFailed(cause: unknown): void;
}

/** `unread`: no consumer yet. `ended`: the consumer knows; without a consumer nothing is ever `ended`. */
type Flow = 'unread' | 'flowing' | 'paused' | 'ended';

type HeldItem = { readonly type: 'event'; readonly event: SseEvent } | { readonly type: 'text'; readonly text: string };

/** Is its consumer's control as well: an object less for each stream. */
class PacedDelivery implements Delivery, ConsumptionControl, DeadlineOwner {
  readonly #source: DeliverySource;
  /** Begins the clock, unless somebody reads by then. */
  #watch: NodeJS.Immediate | undefined;
  /** Runs while nobody reads. */
  #deadline: Deadline | undefined;
  // What one read completed after the consumer paused: never more than that, because then the socket rests.
  #held: HeldItem[] = [];
  #flow: Flow = 'unread';
  #ending: Ending | undefined;
  #consumer: EventStreamConsumer | undefined;

  constructor(source: DeliverySource) {
    this.#source = source;
  }
  open(): void {
    // Most callers begin to read before the turn is over: a clock is for the others.
    this.#watch = setImmediate(watchUnread, this);
  }
  watchUnread(): void {
    if (this.#flow === 'unread' && this.#ending === undefined) this.#enter('unread');
  }
  event(event: SseEvent): void {
    if (this.#flow === 'flowing' && this.#held.length === 0) this.#tell(event);
    else if (this.#flow !== 'ended' && this.#ending === undefined) this.#held.push({ type: 'event', event });
  }
  text(text: string): void {
    if (this.#flow === 'flowing' && this.#held.length === 0) this.#tellText(text);
    else if (this.#flow !== 'ended' && this.#ending === undefined) this.#held.push({ type: 'text', text });
  }
  end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    if (this.#flow === 'flowing' && this.#held.length === 0) this.#tellEnd();
  }
  drop(error: HttpStreamError): void {
    if (this.#flow === 'ended') return;
    this.#held = [];
    this.#ending = { error };
    this.#stopWatch();
    this.#tellEnd();
  }
  consume(consumer: EventStreamConsumer): ConsumptionControl {
    if (this.#consumer !== undefined)
      throw new TypeError('expected a stream that is not consumed yet: it is read once');
    this.#consumer = consumer;
    // Nothing is told before the caller has the control in hand.
    if (this.#held.length === 0 && this.#ending === undefined) this.#run();
    else {
      queueMicrotask(() => {
        if (this.#flow === 'unread') this.#run();
      });
    }
    return this;
  }
  // Functions of their own, for callers take the control apart.
  readonly pause = (): void => {
    if (this.#flow === 'flowing' || this.#flow === 'unread') this.#enter('paused');
  };
  readonly resume = (): void => {
    if (this.#flow === 'paused') this.#run();
  };
  expired(): void {
    this.#source.onUnread();
  }
  isEnded(): boolean {
    return this.#flow === 'ended';
  }
  /** The only place where the flow changes. */
  #enter(next: Flow): void {
    const { unreadTimeoutMs } = this.#source;
    this.#stopWatch();
    this.#flow = next;
    if (next === 'unread' || next === 'paused') {
      this.#deadline = createDeadline(this);
      this.#deadline.start(unreadTimeoutMs);
    }
    if (next !== 'ended' && this.#ending === undefined) this.#source.onFlow(next === 'flowing');
  }
  #stopWatch(): void {
    clearImmediate(this.#watch);
    this.#deadline?.stop();
    this.#watch = this.#deadline = undefined;
  }
  #tell(event: SseEvent): void {
    try {
      this.#consumer?.event(event);
    } catch (cause) {
      this.#source.onConsumerFailed(cause);
    }
  }
  #tellText(text: string): void {
    try {
      this.#consumer?.text?.(text);
    } catch (cause) {
      this.#source.onConsumerFailed(cause);
    }
  }
  #tellEnd(): void {
    const ending = this.#ending;
    if (ending === undefined || this.#consumer === undefined || this.#flow === 'ended') return;
    this.#enter('ended');
    try {
      if ('error' in ending) this.#consumer.error(ending.error);
      else this.#consumer.end(ending.bodyEnd, ending.isInsideEvent);
    } catch (cause) {
      // The stream is over: nobody is left to tell but the process.
      queueMicrotask(() => {
        throw cause;
      });
    }
  }
  // A callback may have changed the flow, which the compiler cannot see.
  #isFlowing(): boolean {
    return this.#flow === 'flowing';
  }
  #run(): void {
    this.#enter('flowing');
    const waiting = this.#held;
    this.#held = [];
    for (const [index, item] of waiting.entries()) {
      if (!this.#isFlowing()) {
        this.#held = [...waiting.slice(index), ...this.#held];
        return;
      }
      if (item.type === 'event') this.#tell(item.event);
      else this.#tellText(item.text);
    }
    if (this.#isFlowing()) this.#tellEnd();
  }
}

// One function for all streams.
const watchUnread = (delivery: PacedDelivery): void => delivery.watchUnread();

/** Nobody reads yet; the clock of that runs from `open` on. */
export function createDelivery(source: DeliverySource): Delivery {
  return new PacedDelivery(source);
}
