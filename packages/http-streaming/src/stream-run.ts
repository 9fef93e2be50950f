import type { SseEvent } from '@gemini/sse-parser';
import type { Dispatcher } from 'undici';
import { Attempt, type AttemptContext, type AttemptObserver, type ResponseHead } from './attempt.ts';
import type { FieldKind, StreamField } from './body-reader.ts';
import { classifyDelivery } from './delivery-verdict.ts';
import { HttpStreamError, type HttpStreamErrorCode, type HttpStreamErrorFacts } from './errors.ts';
import { EventIterator } from './event-iterator.ts';
import type { EventRun } from './event-run.ts';
import { FlightRecorder } from './flight-recorder.ts';
import type { ResolvedEventStreamOptions } from './options.ts';
import { redactCredentials, redactHeaders, redactPiece } from './redact.ts';
import { describeRequest, type OutgoingRequest } from './request.ts';
import { bodyEndOf } from './response-rules.ts';
import { decideRetry, parseRetryAfter } from './retry.ts';
import { Deadline, longestTimeoutMs, type DeadlineObserver } from './time-limits.ts';
import type {
  Arrival,
  BodyEnd,
  ConsumptionControl,
  DeliveryVerdict,
  EventStream,
  EventStreamConsumer,
  StreamTiming,
} from './types.ts';

/** The arguments of one call, checked and resolved. */
export interface StreamRunSetup {
  readonly request: OutgoingRequest;
  readonly dispatcher: Dispatcher;
  readonly options: ResolvedEventStreamOptions;
  readonly signal: AbortSignal | undefined;
  /** The moment of the call, on the clock of `performance.now()`. */
  readonly startedTick: number;
}

type Ending =
  | { readonly type: 'end'; readonly bodyEnd: BodyEnd; readonly isInsideEvent: boolean }
  | { readonly type: 'error'; readonly error: HttpStreamError };

type HeldItem =
  | { readonly type: 'event'; readonly event: SseEvent }
  | { readonly type: 'run'; readonly run: EventRun }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'bytes'; readonly chunk: Uint8Array }
  | StreamField;

/** `unread`: no consumer yet. `ended`: the consumer knows the end; a stream without a consumer never gets there. */
type Flow = 'unread' | 'flowing' | 'paused' | 'ended';

const fieldKinds = ['comment', 'retry', 'id'] as const;
const noFields: ReadonlySet<FieldKind> = new Set();
const noHead: ResponseHead = { status: 0, headers: {} };

/**
 * One call of `openEventStream`: its attempts and the waits between them, its limits, and its one consumer. It is what
 * the caller holds, and its consumer's control, so each event takes one step from the attempt to the consumer. Nothing
 * of it is shown when it is inspected: the request has a key and a prompt.
 */
export class StreamRun implements EventStream, ConsumptionControl, AttemptObserver, DeadlineObserver {
  readonly #context: AttemptContext;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: (() => void) | undefined;
  readonly #startedTick: number;
  readonly #totalDeadline: Deadline | undefined;
  #attempt: Attempt;
  #attemptsCount = 0;
  #retryTimer: NodeJS.Timeout | undefined;
  /** A part of an answer was handed on: from then on there is no other attempt. */
  #isHandedOn = false;
  /** No attempt runs, and none follows. */
  #isOver = false;
  /** Ended from this side: by the caller or by a limit. */
  #isStopped = false;
  /** The head of the last response that was an event stream. */
  #head = noHead;
  /** Waits for the first event stream; `undefined` when it is open. */
  #opening: PromiseWithResolvers<EventStream> | undefined;
  #consumer: EventStreamConsumer | undefined;
  #flow: Flow = 'unread';
  /** The rest of one read after the consumer paused: never more than that, because then the socket rests. */
  #held: HeldItem[] = [];
  /** Waits behind the held items, and for a consumer. */
  #ending: Ending | undefined;
  /** Starts the unread limit in the next turn, unless the stream is read by then. */
  #unreadWatch: NodeJS.Immediate | undefined;
  #unreadDeadline: Deadline | undefined;

  constructor({ request, dispatcher, options, signal, startedTick }: StreamRunSetup) {
    const elapsedMs = (): number => performance.now() - startedTick;
    this.#context = { request, dispatcher, options, elapsedMs, recorder: new FlightRecorder(request, elapsedMs) };
    this.#signal = signal;
    this.#onAbort = signal && (() => this.#stop('aborted', 'the signal was aborted', { cause: signal.reason }));
    this.#startedTick = startedTick;
    this.#totalDeadline = options.totalTimeoutMs === Infinity ? undefined : new Deadline(this);
    this.#attempt = new Attempt(this.#context, 1, this);
  }

  /** Sends the request, again if that is due; resolves when the headers of an event stream are in. */
  open(): Promise<EventStream> {
    const opening = Promise.withResolvers<EventStream>();
    this.#opening = opening;
    if (this.#signal?.aborted) this.#onAbort?.();
    else {
      if (this.#onAbort) this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
      this.#totalDeadline?.start(this.#context.options.totalTimeoutMs);
      this.#send();
    }
    return opening.promise;
  }

  get status(): number {
    return this.#head.status;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.#head.headers;
  }

  get attempt(): number {
    return this.#attemptsCount;
  }

  get timing(): StreamTiming {
    const { startedMs, moments, head, body, eventsCount } = this.#attempt;
    const isEnded = moments.endedMs !== undefined;
    return {
      startedAt: performance.timeOrigin + this.#startedTick,
      attemptMs: startedMs,
      ...moments,
      bytesCount: body?.bytesCount ?? 0,
      eventsCount,
      bodyEnd: isEnded ? head && bodyEndOf(head.headers) : undefined,
      isInsideEvent: isEnded ? body?.isInsideEvent : undefined,
    };
  }

  get lastEventId(): string | undefined {
    const { lastEventId = '' } = this.#attempt.body ?? {};
    return lastEventId === '' ? this.#context.request.headers['last-event-id'] : lastEventId;
  }

  get retryDelayMs(): number | undefined {
    return this.#attempt.body?.retryDelayMs;
  }

  verdict(): DeliveryVerdict {
    return classifyDelivery(this.arrivals(), this.headers);
  }

  arrivals(): Arrival[] {
    return this.#attempt.body?.arrivals.list() ?? [];
  }

  consume(consumer: EventStreamConsumer): ConsumptionControl {
    if (this.#consumer !== undefined) {
      throw new TypeError('expected a stream that is not consumed yet: it can be consumed only once');
    }
    this.#consumer = consumer;
    // Nothing is delivered before the caller has the control in hand.
    if (this.#held.length === 0 && this.#ending === undefined) this.#run();
    else {
      queueMicrotask(() => {
        if (this.#flow === 'unread') this.#run();
      });
    }
    return this;
  }

  // Functions of their own, because callers take the control apart.
  readonly pause = (): void => {
    if (this.#flow === 'flowing' || this.#flow === 'unread') this.#enter('paused');
  };
  readonly resume = (): void => {
    if (this.#flow === 'paused') this.#run();
  };

  cancel(reason?: unknown): void {
    this.#stop('aborted', 'the stream was cancelled', { cause: reason });
  }

  [Symbol.asyncIterator](): AsyncIterator<SseEvent, undefined> {
    return new EventIterator(this, this.#context.options.maxBufferedBytes);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
    return Promise.resolve();
  }

  onOpened(): void {
    this.#head = this.#attempt.head ?? this.#head;
    const opening = this.#opening;
    if (opening === undefined) return;
    this.#opening = undefined;
    // Most callers begin to read before the turn is over: the limit is for the others.
    this.#unreadWatch = setImmediate(watchUnread, this);
    opening.resolve(this);
  }

  onEvent(event: SseEvent): void {
    this.#isHandedOn = true;
    if (this.#flow === 'flowing' && this.#held.length === 0) this.#handEvent(event);
    else this.#hold({ type: 'event', event });
  }

  onRun(run: EventRun): void {
    this.#isHandedOn = true;
    this.#handOrHold({ type: 'run', run });
  }

  onText(text: string): void {
    this.#isHandedOn = true;
    this.#handOrHold({ type: 'text', text });
  }

  onBytes(chunk: Uint8Array): void {
    this.#isHandedOn = true;
    this.#handOrHold({ type: 'bytes', chunk });
  }

  fieldKinds(): ReadonlySet<FieldKind> {
    const kinds = fieldKinds.filter((kind) => this.#consumer?.[kind] !== undefined);
    // Most consumers take none: their streams share one set.
    return kinds.length === 0 ? noFields : new Set(kinds);
  }

  takesRuns(): boolean {
    return this.#consumer?.run !== undefined;
  }

  /** A comment is no part of an answer: another attempt may follow it. */
  onField(field: StreamField): void {
    this.#handOrHold(field);
  }

  onEnd(bodyEnd: BodyEnd, isInsideEvent: boolean): void {
    this.#end({ type: 'end', bodyEnd, isInsideEvent });
  }

  onFailure(code: HttpStreamErrorCode, message: string, facts?: Partial<HttpStreamErrorFacts>): void {
    const error = this.#errorOf(code, message, facts);
    const { options, recorder } = this.#context;
    const attempt = this.#attemptsCount;
    let delayMs: number | undefined;
    try {
      delayMs = this.#isHandedOn ? undefined : decideRetry(error, attempt, options);
      if (delayMs !== undefined) options.onRetry?.({ attempt, delayMs, error });
    } catch (cause) {
      const thrown = this.#errorOf('consumer-failed', 'retry.decide or onRetry threw', { cause });
      return this.#end({ type: 'error', error: thrown });
    }
    // The callback may have ended the stream.
    if (this.#isOver) return;
    if (delayMs === undefined) {
      this.#attempt.deliverLast();
      return this.#end({ type: 'error', error });
    }
    recorder.note('retry', attempt, { code, delayMs });
    const resend = (): void => {
      this.#attempt = new Attempt(this.#context, attempt + 1, this);
      this.#send();
    };
    this.#retryTimer = setTimeout(resend, Math.min(delayMs, longestTimeoutMs));
  }

  onExpired(deadline: Deadline): void {
    const { totalTimeoutMs, unreadTimeoutMs } = this.#context.options;
    if (deadline === this.#totalDeadline) {
      if (!this.#isOver) this.#attempt.endBody();
      this.#attempt.deliverLast();
      const message = `the stream was not over within ${totalTimeoutMs} ms`;
      this.#stop('total-timeout', message, { timeoutMs: totalTimeoutMs });
    } else {
      this.#stop('abandoned', `the stream was not read for ${unreadTimeoutMs} ms`, { timeoutMs: unreadTimeoutMs });
    }
  }

  /** For the immediate of `onOpened` alone. */
  watchUnread(): void {
    if (this.#flow === 'unread' && this.#ending === undefined) this.#enter('unread');
  }

  #send(): void {
    this.#attemptsCount += 1;
    this.#context.recorder.note('start', this.#attemptsCount);
    if (this.#flow === 'flowing') this.#attempt.resume();
    this.#attempt.send();
  }

  /** The only place where the flow changes; the unread limit belongs to a flow and ends with it. */
  #enter(next: Flow): void {
    const { unreadTimeoutMs } = this.#context.options;
    this.#stopUnread();
    this.#flow = next;
    if ((next === 'unread' || next === 'paused') && unreadTimeoutMs !== Infinity) {
      this.#unreadDeadline = new Deadline(this);
      this.#unreadDeadline.start(unreadTimeoutMs);
    }
    if (next === 'ended' || this.#ending !== undefined) return;
    if (next === 'flowing') this.#attempt.resume();
    else this.#attempt.pause();
  }

  #stopUnread(): void {
    clearImmediate(this.#unreadWatch);
    this.#unreadDeadline?.stop();
    this.#unreadWatch = this.#unreadDeadline = undefined;
  }

  /** Delivers the held items, until the consumer pauses again, and the end behind them. */
  #run(): void {
    this.#enter('flowing');
    const waiting = this.#held;
    this.#held = [];
    for (const [index, item] of waiting.entries()) {
      if (!this.#isFlowing()) {
        this.#held = [...waiting.slice(index), ...this.#held];
        return;
      }
      this.#hand(item);
    }
    if (this.#isFlowing()) this.#handEnding();
  }

  // A callback may have changed the flow, which the compiler cannot see.
  #isFlowing(): boolean {
    return this.#flow === 'flowing';
  }

  #handEvent(event: SseEvent): void {
    try {
      this.#consumer?.event(event);
    } catch (cause) {
      this.#stop('consumer-failed', 'the consumer threw', { cause });
    }
  }

  #hand(item: HeldItem): void {
    if (item.type === 'event') return this.#handEvent(item.event);
    const consumer = this.#consumer;
    try {
      if (item.type === 'run') consumer?.run?.(item.run);
      else if (item.type === 'retry') consumer?.retry?.(item.delayMs);
      else if (item.type === 'bytes') consumer?.bytes?.(item.chunk);
      else consumer?.[item.type]?.(item.text);
    } catch (cause) {
      this.#stop('consumer-failed', 'the consumer threw', { cause });
    }
  }

  #handOrHold(item: HeldItem): void {
    if (this.#flow === 'flowing' && this.#held.length === 0) this.#hand(item);
    else this.#hold(item);
  }

  #hold(item: HeldItem): void {
    if (this.#flow !== 'ended' && this.#ending === undefined) this.#held.push(item);
  }

  #handEnding(): void {
    const ending = this.#ending;
    if (ending === undefined || this.#consumer === undefined || this.#flow === 'ended') return;
    this.#enter('ended');
    try {
      if (ending.type === 'error') this.#consumer.error(ending.error);
      else this.#consumer.end(ending.bodyEnd, ending.isInsideEvent);
    } catch (cause) {
      // The stream is over, so the error goes to the process.
      queueMicrotask(() => {
        throw cause;
      });
    }
  }

  /** The last attempt is over: the end waits behind the events that a paused consumer has not taken yet. */
  #end(ending: Ending): void {
    if (this.#isOver) return;
    this.#finish(ending.type === 'error' ? ending.error : undefined);
    if (this.#opening !== undefined && ending.type === 'error') return this.#opening.reject(ending.error);
    this.#ending = ending;
    if (this.#flow === 'flowing' && this.#held.length === 0) this.#handEnding();
  }

  /** Ends the stream from this side, a wait between two attempts too; drops the held items. */
  #stop(code: HttpStreamErrorCode, message: string, facts: Partial<HttpStreamErrorFacts>): void {
    if (this.#isStopped || this.#flow === 'ended' || (this.#isOver && this.#opening !== undefined)) return;
    this.#isStopped = true;
    clearTimeout(this.#retryTimer);
    this.#attempt.abort();
    const isInsideEvent = this.#attempt.body?.isInsideEvent === true || this.#attempt.hasLastEvent;
    const error = this.#errorOf(code, message, { isInsideEvent, ...facts });
    this.#finish(error);
    if (this.#opening !== undefined) return this.#opening.reject(error);
    this.#held = [];
    this.#ending = { type: 'error', error };
    this.#stopUnread();
    this.#handEnding();
  }

  #finish(error: HttpStreamError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#totalDeadline?.stop();
    if (this.#onAbort) this.#signal?.removeEventListener('abort', this.#onAbort);
    const { body, eventsCount } = this.#attempt;
    const facts = { status: this.status, code: error?.code, bytesCount: body?.bytesCount ?? 0, eventsCount };
    this.#context.recorder.note('end', this.#attemptsCount, facts);
  }

  #errorOf(
    code: HttpStreamErrorCode,
    message: string,
    { bodyText, ...facts }: Partial<HttpStreamErrorFacts> = {},
  ): HttpStreamError {
    const { recorder, request } = this.#context;
    const { head, body, eventsCount, startedMs } = this.#attempt;
    const attempts = this.#attemptsCount;
    const bytesCount = body?.bytesCount ?? 0;
    recorder.note('failure', attempts, { code, status: head?.status, bytesCount, eventsCount });
    return new HttpStreamError(code, redactCredentials(message, request), {
      isInsideEvent: body?.isInsideEvent,
      ...facts,
      request: describeRequest(request),
      status: head?.status,
      headers: head && redactHeaders(head.headers, request),
      bodyText: bodyText && redactPiece(bodyText, request),
      retryAfterMs: head && parseRetryAfter(head.headers['retry-after'], Date.now()),
      attempts,
      eventsCount,
      bytesCount,
      recording: recorder.take(attempts, startedMs, body),
      lastText: () => redactPiece(new TextDecoder().decode(body?.lastBytes.read()), request),
    });
  }
}

// One function for all streams.
const watchUnread = (run: StreamRun): void => run.watchUnread();
