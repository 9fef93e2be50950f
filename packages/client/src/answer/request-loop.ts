import type { DeliveryVerdict, StreamTiming } from '@gemini/http-streaming';
import { GeminiError } from '../errors.ts';
import { type ResponseMerger, createResponseMerger } from '../merge/merge-response.ts';
import { notePayloadLength } from '../merge/sizes.ts';
import type { AttemptReport, EmitEvent, StoredStreamEvent } from '../types.ts';
import type { GenerateContentResponse } from '../wire/types.ts';
import type { StreamSourceOptions } from './answer-source.ts';
import { type ResumePoint, createResumePoint, resumeMismatch } from './continuation.ts';
import { type Rung, nextRung } from './next-attempt.ts';
import { type WireEnd, judgeAnswer } from './outcome.ts';
import { type Attempt, type AttemptHandlers, startAttempt } from './send-attempt.ts';
import { addTiming } from './timing.ts';

/** Told of what the requests bring. */
export interface AttemptsListener {
  readonly emit: EmitEvent;
  /** Told of each chunk first, with its payload's length in characters. */
  chunkCame(length: number): void;
  /** Told once, last: no request follows. */
  done(end: WireEnd): void;
}

/** The requests of one stream: the one place that sends again. */
export interface Attempts {
  start(): void;
  /** Ends the present request or wait at once; `done` is not called any more. */
  stop(): void;
  pause(): void;
  resume(): void;
  /** What has been merged so far. */
  readonly merger: ResponseMerger;
  /** Requests that were sent. */
  readonly count: number;
  /** Events that could not be read and were passed over, in all requests. */
  readonly skippedChunks: number;
  reports(): readonly AttemptReport[];
  readonly timing: StreamTiming | undefined;
  verdict(): DeliveryVerdict | undefined;
}

class Ladder implements Attempts, AttemptHandlers {
  readonly #stream: StreamSourceOptions;
  readonly #signal: AbortSignal;
  readonly #listener: AttemptsListener;
  readonly #finished: AttemptReport[] = [];
  readonly #startedMs = performance.now();
  merger: ResponseMerger;
  count = 0;
  skippedChunks = 0;
  #point: ResumePoint;
  #current: Attempt | undefined;
  #report: AttemptReport = { attempt: 1, kind: 'first', delayMs: 0 };
  #pastTiming: StreamTiming | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #spentAttempts = 0;
  #sizeBefore = 0;
  /** An event that was cut has not come again. */
  #isInsideEvent = false;

  constructor(stream: StreamSourceOptions, signal: AbortSignal, listener: AttemptsListener) {
    this.#stream = stream;
    this.#signal = signal;
    this.#listener = listener;
    this.merger = createResponseMerger(stream);
    this.#point = createResumePoint(stream.gemini.maxResponseBytes);
  }

  get timing(): StreamTiming | undefined {
    return addTiming(this.#pastTiming, this.#isRunning() ? this.#current?.timing : undefined);
  }

  verdict(): DeliveryVerdict | undefined {
    return this.#current?.verdict();
  }

  reports(): AttemptReport[] {
    const { requestUsage: usage } = this.merger;
    return this.#isRunning() ? [...this.#finished, { ...this.#report, usage }] : [...this.#finished];
  }

  start(): void {
    this.#timer = undefined;
    const { request, url, gemini } = this.#stream;
    const totalTimeoutMs = Math.max(1, this.#remainingMs());
    // The limit of the whole stream is kept here: to the transport each request is a stream of its own.
    const http = totalTimeoutMs === Infinity ? gemini.http : { ...gemini.http, totalTimeoutMs };
    const { token } = this.#point;
    const body = token === undefined ? request : { ...request, continuationToken: token };
    this.#current = startAttempt({ url, body, signal: this.#signal, http, gemini }, this);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#current?.cancel();
  }

  pause(): void {
    this.#current?.pause();
  }

  resume(): void {
    this.#current?.resume();
  }

  sent(): void {
    this.count += 1;
  }

  opened(): void {
    // A sink that still wants a pause says so again on this event, before anything is read.
    const { id, model } = this.#stream;
    this.#listener.emit({ type: 'start', id, model, attempt: this.#report.attempt });
  }

  skipped(): void {
    this.skippedChunks += 1;
  }

  chunk(chunk: GenerateContentResponse, length: number): void {
    const { emit } = this.#listener;
    const { rawChunks, gemini } = this.#stream;
    this.#listener.chunkCame(length);
    if (rawChunks) {
      notePayloadLength(chunk, length);
      emit({ type: 'chunk', chunk });
    }
    this.merger.add(this.#point.follow(chunk), emit, length);
    const { heldLength: received } = this.merger;
    const { maxResponseBytes: limit } = gemini;
    if (received <= limit) return;
    const message = `the response grew to ${received} bytes: maxResponseBytes is ${limit}`;
    throw new GeminiError('response-too-large', message, { limit, received });
  }

  ended(wireEnd: WireEnd): void {
    const { merger } = this;
    const { token } = this.#point;
    const hasProgress = merger.size > this.#sizeBefore;
    const end = this.#endOfAnswer(wireEnd, hasProgress);
    const state = judgeAnswer(merger.response, end);
    this.#isInsideEvent = end.isInsideEvent || (this.#isInsideEvent && !hasProgress);
    // A body that ended by itself at the border of an event is complete from the server's point of view.
    const error = end.isInsideEvent && !state.isWhole ? state.error : end.error;
    const isAgreed = state.isHandover && hasProgress && error === undefined;
    if (!isAgreed) this.#spentAttempts += 1;
    const rung = nextRung(
      {
        error,
        isWhole: state.isWhole,
        isHandover: state.isHandover,
        // A token speaks for one candidate: with several, another one's text could be lost between them.
        token: (merger.response.candidates?.length ?? 0) > 1 && !state.isHandover ? undefined : token,
        hasProgress,
        hasContent: merger.size > 0,
        spentAttempts: this.#spentAttempts,
      },
      { ...this.#stream.gemini.retry, restart: this.#stream.restart },
      Math.random,
    );
    this.#finish(end);
    if (rung.type === 'outcome' || rung.delayMs >= this.#remainingMs()) this.#listener.done(end);
    else this.#climb(rung, end);
  }

  /** The end of this request as the end of the whole answer, of which an earlier request may have brought more. */
  #endOfAnswer(end: WireEnd, hasProgress: boolean): WireEnd {
    const { isBehind } = this.#point;
    const { isWhole, blockReason, endedBy } = judgeAnswer(this.merger.response, end);
    if (!isWhole || blockReason !== undefined) return end;
    // If the resumed answer ends before repeating everything already delivered, it is a different answer.
    if (endedBy === 'end') return isBehind ? { ...end, error: resumeMismatch() } : end;
    return isBehind || (this.#isInsideEvent && !hasProgress) ? { ...end, isInsideEvent: true } : end;
  }

  #finish({ error }: WireEnd): void {
    const { code, status } = error ?? {};
    const { requestUsage: usage } = this.merger;
    if (this.#isRunning()) this.#finished.push({ ...this.#report, usage, code, status });
    this.#pastTiming = addTiming(this.#pastTiming, this.#current?.timing);
  }

  #climb({ type, delayMs }: Exclude<Rung, { type: 'outcome' }>, { error }: WireEnd): void {
    const attempt = this.#finished.length + 1;
    this.#report = { attempt, kind: type, delayMs };
    let event: StoredStreamEvent;
    if (type === 'resume') {
      this.merger.nextHop();
      this.#point.rewind();
      event = { type, attempt, delayMs };
    } else {
      const { code = 'truncated', status } = error ?? {};
      this.merger = createResponseMerger(this.#stream);
      this.#point = createResumePoint(this.#stream.gemini.maxResponseBytes);
      this.#isInsideEvent = false;
      event = { type: 'retry', attempt, delayMs, code, status, ...(type === 'restart' ? { discardFrom: 0 } : {}) };
    }
    this.#sizeBefore = this.merger.size;
    this.#listener.emit(event);
    if (this.#isStopped) return;
    if (delayMs === 0) this.start();
    else this.#timer = setTimeout(() => this.start(), delayMs);
  }

  // The present request has been sent, and has not ended.
  #isRunning(): boolean {
    return this.count > this.#finished.length;
  }

  #remainingMs(): number {
    const { totalTimeoutMs = Infinity } = this.#stream.gemini.http;
    return this.#startedMs + totalTimeoutMs - performance.now();
  }
}

/** Runs a request, climbs the ladder when it ends, and runs the next one, until an outcome is all that is left. */
export function createAttempts(stream: StreamSourceOptions, signal: AbortSignal, listener: AttemptsListener): Attempts {
  return new Ladder(stream, signal, listener);
}
