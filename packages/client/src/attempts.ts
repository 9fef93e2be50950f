import type { DeliveryVerdict, StreamTiming } from '@gemini/http-streaming';
import type { AttemptReport } from './attempt-report.ts';
import { startAttempt, type Attempt, type AttemptEnd, type AttemptRequest } from './attempt.ts';
import { answerState } from './answer-state.ts';
import { resumeMismatch } from './delivered-tail.ts';
import { GeminiError } from './errors.ts';
import type { EmitEvent, StoredStreamEvent } from './events.ts';
import { notePayloadLength } from './event-size.ts';
import { createResponseMerger, type ResponseMerger } from './merge/merge-response.ts';
import { nextRung, type LadderPolicy, type Rung } from './resume-ladder.ts';
import { createResumePoint } from './resume-point.ts';
import { addTiming } from './stream-timing.ts';
import type { GenerateContentRequest, GenerateContentResponse } from './wire.ts';

/** One answer to get, in as many requests as it takes. */
export interface AttemptsOptions {
  readonly id: string;
  readonly model: string;
  readonly request: GenerateContentRequest;
  readonly send: Omit<AttemptRequest, 'body'>;
  readonly policy: LadderPolicy;
  readonly maxResponseBytes: number;
  readonly rawChunks: boolean;
  readonly emit: EmitEvent;
  /** Told of each chunk first, with its payload's length in characters. */
  onChunk(length: number): void;
  /** Told once, last: no request follows. */
  done(end: AttemptEnd): void;
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
  reports(): readonly AttemptReport[];
  readonly timing: StreamTiming | undefined;
  verdict(): DeliveryVerdict | undefined;
}

/** Runs a request, climbs the ladder when it ends, and runs the next one, until an outcome is all that is left. */
export function createAttempts(options: AttemptsOptions): Attempts {
  const { emit, policy, maxResponseBytes } = options;
  const finished: AttemptReport[] = [];
  const startedMs = performance.now();
  let merger = createResponseMerger();
  let point = createResumePoint();
  let current: Attempt | undefined;
  let report: AttemptReport = { attempt: 1, kind: 'first', delayMs: 0 };
  let pastTiming: StreamTiming | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isPaused = false;
  let isStopped = false;
  let count = 0;
  let spentAttempts = 0;
  let sizeBefore = 0;

  const allReports = (): AttemptReport[] =>
    count > finished.length ? [...finished, { ...report, usage: merger.requestUsage }] : [...finished];

  const take = (chunk: GenerateContentResponse, length: number): void => {
    options.onChunk(length);
    if (options.rawChunks) {
      notePayloadLength(chunk, length);
      emit({ type: 'chunk', chunk });
    }
    merger.add(point.follow(chunk), emit);
    if (merger.size <= maxResponseBytes) return;
    const limits = { limit: maxResponseBytes, received: merger.size };
    const message = `the response grew to ${limits.received} bytes: maxResponseBytes is ${limits.limit}`;
    throw new GeminiError('response-too-large', message, limits);
  };

  const ended = (told: AttemptEnd): void => {
    const state = answerState(merger.response);
    // An end before all that was delivered has come again is the end of another answer.
    const isFinished = state.isWhole && state.blockReason === undefined && !told.isCut;
    const isOther = isFinished && point.isBehind && told.error === undefined;
    const end = isOther ? { ...told, error: resumeMismatch() } : told;
    const hasProgress = merger.size > sizeBefore;
    const isAgreed = state.isHandover && hasProgress && end.error === undefined;
    if (!isAgreed) spentAttempts += 1;
    // After half an event this is not the end that it seems to be.
    const isWhole = state.isWhole && !end.isCut;
    const rung = nextRung(
      {
        error: end.error,
        isWhole,
        isHandover: state.isHandover,
        // A token speaks for one candidate: with several, another one's text could be lost between them.
        token: (merger.response.candidates?.length ?? 0) > 1 && !state.isHandover ? undefined : point.token,
        hasProgress,
        hasContent: merger.size > 0,
        spentAttempts,
      },
      policy,
      Math.random,
    );
    finish(end);
    if (rung.type === 'outcome' || rung.delayMs >= remainingMs()) options.done(end);
    else climb(rung, end);
  };
  const finish = ({ error }: AttemptEnd): void => {
    const { code, status } = error ?? {};
    if (count > finished.length) finished.push({ ...report, usage: merger.requestUsage, code, status });
    pastTiming = addTiming(pastTiming, current?.timing);
  };
  const climb = (rung: Exclude<Rung, { type: 'outcome' }>, { error }: AttemptEnd): void => {
    const { delayMs } = rung;
    const attempt = finished.length + 1;
    report = { attempt, kind: rung.type, delayMs };
    let event: StoredStreamEvent;
    if (rung.type === 'resume') {
      merger.nextHop();
      point.rewind();
      event = { type: 'resume', attempt, delayMs };
    } else {
      const { code = 'truncated', status } = error ?? {};
      const isRestart = rung.type === 'restart';
      merger = createResponseMerger();
      point = createResumePoint();
      event = { type: 'retry', attempt, delayMs, code, status, ...(isRestart ? { discardFrom: 0 } : {}) };
    }
    sizeBefore = merger.size;
    emit(event);
    if (isStopped) return;
    if (delayMs === 0) run();
    else timer = setTimeout(run, delayMs);
  };
  // The limit of the whole stream is kept here: to the transport each request is a stream of its own.
  const remainingMs = (): number => {
    const { totalTimeoutMs = 0 } = options.send.http;
    return totalTimeoutMs === 0 ? Infinity : startedMs + totalTimeoutMs - performance.now();
  };
  const run = (): void => {
    timer = undefined;
    const { request, id, model } = options;
    const totalTimeoutMs = Math.max(1, remainingMs());
    const http = { ...options.send.http, ...(totalTimeoutMs === Infinity ? {} : { totalTimeoutMs }) };
    const send = { ...options.send, http };
    const body = point.token === undefined ? request : { ...request, continuationToken: point.token };
    const { attempt } = report;
    current = startAttempt(
      { ...send, body },
      {
        sent: () => void (count += 1),
        opened: () => emit({ type: 'start', id, model, attempt }),
        chunk: take,
        ended,
      },
    );
    if (isPaused) current.pause();
  };

  return {
    start: run,
    stop() {
      isStopped = true;
      clearTimeout(timer);
      current?.cancel();
    },
    pause() {
      isPaused = true;
      current?.pause();
    },
    resume() {
      isPaused = false;
      current?.resume();
    },
    get merger() {
      return merger;
    },
    get count() {
      return count;
    },
    reports: allReports,
    get timing() {
      return addTiming(pastTiming, count > finished.length ? current?.timing : undefined);
    },
    verdict: () => current?.verdict(),
  };
}
