import type { SseEvent } from '@gemini/sse-parser';
import type { Attempt, AttemptContext, AttemptObserver } from './attempt.ts';
import { createAttempt } from './create-attempt.ts';
import { decideRetry } from './decide-retry.ts';
import { HttpStreamError, type HttpStreamErrorCode, type HttpStreamErrorFacts } from '../errors.ts';
import { parseRetryAfter } from './parse-retry-after.ts';
import { describeRequest } from '../exchange/outgoing-request.ts';
import { redactCredentials, redactCutCredentials, showableHeaders } from '../exchange/redact-credentials.ts';
import type { BodyEnd } from '../body/body-end.ts';

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

const nothing = { bytes: 0, events: 0 } as const;

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
