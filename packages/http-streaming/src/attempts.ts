import type { SseEvent } from '@gemini/sse-parser';
import type { Attempt, AttemptContext } from './attempt.ts';
import { createAttempt } from './create-attempt.ts';
import { decideRetry } from './decide-retry.ts';
import { HttpStreamError, type HttpStreamErrorCode, type HttpStreamErrorFacts } from './errors.ts';
import type { FlightRecorder } from './flight-recorder.ts';
import { parseRetryAfter } from './parse-retry-after.ts';
import { describeRequest } from './prepare-request.ts';
import { redactCredentials, showableHeaders } from './redact-credentials.ts';
import type { BodyEnd } from './body-end.ts';

/** What all attempts of one stream share. */
export type AttemptsContext = Omit<AttemptContext, 'note'> & { readonly recorder: FlightRecorder };

/** What the attempts tell together, as if they were one. One of `ended` and `failed` is called, once, last. */
export interface AttemptsObserver {
  /** An event stream is there: called by each attempt that gets so far. */
  opened(): void;
  event(event: SseEvent): void;
  text(text: string): void;
  ended(bodyEnd: BodyEnd): void;
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
  /** Ends everything, a wait between two attempts too; the observer hears nothing more. */
  abort(code: HttpStreamErrorCode, message: string, facts?: Partial<HttpStreamErrorFacts>): HttpStreamError;
}

const nothing = { bytes: 0, events: 0 } as const;

/** Begins nothing before `start`. */
export function createAttempts(context: AttemptsContext, observer: AttemptsObserver): Attempts {
  const { limits, recorder, request } = context;
  let number = 0;
  let timer: NodeJS.Timeout | undefined;
  let flowing = false;
  let handedOn = false;
  let over = false;
  let current = prepare(1);

  function failure(
    code: HttpStreamErrorCode,
    message: string,
    { bodyExcerpt, ...facts }: Partial<HttpStreamErrorFacts> = {},
  ): HttpStreamError {
    const head = current.head();
    const body = current.body();
    const { bytes: bytesCount, events: eventsCount } = body?.counts ?? nothing;
    recorder.note('failure', number, { code, status: head?.status, bytesCount, eventsCount });
    return new HttpStreamError(code, message, {
      ...facts,
      request: describeRequest(request),
      status: head?.status,
      headers: head && showableHeaders(head.headers, request),
      bodyExcerpt: bodyExcerpt && redactCredentials(bodyExcerpt, request),
      retryAfterMs: head && parseRetryAfter(head.headers['retry-after'], Date.now()),
      attempts: number,
      eventsCount,
      bytesCount,
      recording: recorder.take(number, current.startedMs, body),
      lastText: () => redactCredentials(new TextDecoder().decode(body?.lastBytes.read()), request),
    });
  }
  function end(tell: () => void): void {
    if (over) return;
    over = true;
    tell();
  }
  function settle(error: HttpStreamError): void {
    let delayMs: number | undefined;
    try {
      delayMs = handedOn ? undefined : decideRetry(error, number, limits);
      if (delayMs !== undefined) limits.onRetry?.({ attempt: number, delayMs, error });
    } catch (cause) {
      return end(() => observer.failed(failure('consumer-failed', 'retry.decide or onRetry threw', { cause })));
    }
    // The callback may have ended the stream.
    if (over) return;
    if (delayMs === undefined) return end(() => observer.failed(error));
    recorder.note('retry', number, { code: error.code, delayMs });
    timer = setTimeout(() => {
      current = prepare(number + 1);
      send();
    }, delayMs);
  }
  function prepare(attemptNumber: number): Attempt {
    return createAttempt(
      { ...context, note: (moment, facts) => recorder.note(moment, attemptNumber, facts) },
      {
        opened: () => observer.opened(),
        event(event) {
          handedOn = true;
          observer.event(event);
        },
        text(text) {
          handedOn = true;
          observer.text(text);
        },
        ended: (bodyEnd) => end(() => observer.ended(bodyEnd)),
        failed: (code, message, facts) => settle(failure(code, message, facts)),
      },
    );
  }
  function send(): void {
    number += 1;
    recorder.note('start', number);
    if (flowing) current.resume();
    current.send();
  }

  return {
    current: () => current,
    count: () => number,
    start: send,
    resume() {
      flowing = true;
      current.resume();
    },
    pause() {
      flowing = false;
      current.pause();
    },
    abort(code, message, facts) {
      over = true;
      clearTimeout(timer);
      current.abort();
      return failure(code, message, facts);
    },
  };
}
