import type { DeliveryVerdict, RetryPolicy, StreamTiming } from '@gemini/http-streaming';
import type { PushSource, StreamSink } from '@gemini/stream-manager';
import { GeminiError } from '../errors.ts';
import { ResponseMerger } from '../merge/merge-response.ts';
import { notePayloadLength } from '../merge/sizes.ts';
import type { ResolvedGeminiOptions } from '../options.ts';
import type {
  AttemptReport,
  Checkpoint,
  EmptyAnswer,
  StoredStreamEvent,
  StreamOutcome,
  UsageEvents,
} from '../types.ts';
import { withoutAbsent } from '../wire/absent.ts';
import type { GenerateContentResponse, UsageMetadata } from '../wire/types.ts';
import type { AnswerForm, AnswerThread } from './answer-form.ts';
import type { AsyncContext } from './caller-context.ts';
import { Continuation, resumeMismatch } from './continuation.ts';
import { type Discarded, isDiscard } from './discard.ts';
import { FirstContentLimit } from './first-content-limit.ts';
import { type LostAnswer, nextAfterLoss, producerLost, readLostAnswer } from './lost-answer.ts';
import { type NextStep, decideNext } from './next-attempt.ts';
import { type WireEnd, conclude, judgeAnswer } from './outcome.ts';
import { outcomeOfEvents } from './outcome-of-events.ts';
import { type AttemptObserver, SendAttempt } from './send-attempt.ts';
import { ContentTiming, type GeminiStreamTiming, addTiming } from './timing.ts';
import { StreamTrace } from './trace.ts';

/** The sink of a stream's events in the manager. */
export type GeminiSink = StreamSink<StoredStreamEvent, StreamOutcome>;

/** The part of a sink that an answer needs while it runs. */
export type AnswerFeed = Pick<GeminiSink, 'signal' | 'push' | 'onResume'>;

/** A source of one stream. Its timing, verdict and token counts may be read at any time. */
export interface GeminiStreamSource extends PushSource<StoredStreamEvent, StreamOutcome> {
  start(sink: GeminiSink): void;
  resume(sink: GeminiSink, events: readonly StoredStreamEvent[], trimmedCount: number): void;
  canHandOver(): boolean;
  /** Outlives the source, which holds everything that the transport recorded of the stream. */
  readonly discarded: Discarded;
  readonly mayRestart: boolean;
  /** Whether the outcome has the text and the response. */
  readonly keepsContent: boolean;
  timing(): GeminiStreamTiming | undefined;
  verdict(): DeliveryVerdict | undefined;
  usage(): UsageMetadata | undefined;
}

/** A model that may be asked. */
export interface AnswerModel {
  readonly model: string;
  readonly retry: RetryPolicy;
  readonly firstContentTimeoutMs: number;
}

/** One answer to stream. */
export interface AnswerOptions {
  readonly id: string;
  /** The API that answers, with the request for each model. */
  readonly form: AnswerForm;
  /** The models to ask, in their order. */
  readonly models: readonly AnswerModel[];
  /** The place of the model to begin with. @defaultValue 0 */
  readonly firstModel?: number | undefined;
  readonly rawChunks: boolean;
  readonly restart: boolean;
  readonly keepContent: boolean;
  readonly emptyAnswer: EmptyAnswer;
  readonly usageEvents: UsageEvents;
  /** Whether events name the places from which another process can continue. @defaultValue false */
  readonly checkpoints?: boolean | undefined;
  readonly gemini: ResolvedGeminiOptions;
  /** Names the conversation for diagnostics. */
  readonly conversationId?: string | undefined;
  /** The async context of the caller, if anything watches streams. A stream may start later, and elsewhere. */
  readonly inCaller?: AsyncContext | undefined;
  /** Called with the outcome before any subscriber sees the end. */
  readonly onOutcome?: ((outcome: StreamOutcome) => void) | undefined;
}

/**
 * One answer over all its attempts: sends requests until the answer is whole or nothing more can be done, merges their
 * chunks into one response, and emits the events in the turn in which the socket was read.
 */
export class AnswerSource implements GeminiStreamSource, AttemptObserver {
  readonly discarded: Discarded = { upTo: undefined };
  readonly #options: AnswerOptions;
  readonly #trace: StreamTrace;
  readonly #contentTiming = new ContentTiming();
  readonly #finished: AttemptReport[] = [];
  #feed: AnswerFeed | undefined;
  #onOutcome: ((outcome: StreamOutcome) => void) | undefined;
  #startedMs = 0;
  #thread: AnswerThread;
  #merger: ResponseMerger;
  #continuation: Continuation;
  #attempt: SendAttempt | undefined;
  #model: AnswerModel;
  #place: number;
  #firstContent: FirstContentLimit | undefined;
  #report: AttemptReport;
  #serviceTier: string | undefined;
  #sentCount = 0;
  #skippedChunks = 0;
  /** Of the attempts before the present one. */
  #unknownEvents = 0;
  #earlierTiming: StreamTiming | undefined;
  #timer: NodeJS.Timeout | undefined;
  #spentAttempts = 0;
  #sizeBefore = 0;
  #eventsBefore = 0;
  /** The token with which the present request began. */
  #sentToken: string | undefined;
  #hasHeaders = false;
  /** An event that was cut has not come again. */
  #isInsideEvent = false;
  /** An empty answer was requested once more. */
  #hasAskedAgain = false;
  #isConcluded = false;
  /** The last place that an event named. */
  #checkpoint: Checkpoint | undefined;

  constructor(options: AnswerOptions) {
    const { firstModel = 0 } = options;
    this.#options = options;
    this.#place = firstModel;
    this.#model = modelAt(options.models, firstModel);
    const { model } = this.#model;
    this.#report = { attempt: 1, kind: 'first', model, delayMs: 0 };
    this.#trace = new StreamTrace(options, model, firstModel);
    this.#thread = options.form.begin();
    this.#merger = new ResponseMerger(options.keepContent);
    this.#continuation = new Continuation(options.gemini.maxResponseBytes);
  }

  get mayRestart(): boolean {
    return this.#options.restart;
  }

  /** The place of the model that was asked last. */
  get modelPlace(): number {
    return this.#place;
  }

  get keepsContent(): boolean {
    return this.#options.keepContent;
  }

  start(sink: GeminiSink): void {
    this.run(sink, (outcome) => this.#end(sink, outcome));
  }

  resume(sink: GeminiSink, events: readonly StoredStreamEvent[], trimmedCount: number): void {
    // Without the content before the trimmed place the answer would never be whole.
    if (trimmedCount > 0) {
      const error = producerLost('the log has no longer all of its events');
      this.#end(sink, outcomeOfEvents(events, error, trimmedCount));
    } else this.run(sink, (outcome) => this.#end(sink, outcome), events);
  }

  canHandOver(): boolean {
    const { size } = this.#merger;
    return this.#checkpoint !== undefined || this.#options.restart || (size === 0 && this.#thread.mayRepeat);
  }

  /**
   * Runs the answer into a feed, or continues one whose process was lost after these events, which are all of it.
   * `onOutcome` is called once, last.
   */
  run(feed: AnswerFeed, onOutcome: (outcome: StreamOutcome) => void, events: readonly StoredStreamEvent[] = []): void {
    this.#begin(feed, onOutcome);
    this.#trace.start(() => {
      if (events.length === 0) this.#send(feed.signal);
      else this.#continueLost(events);
    });
  }

  /** Continues the answer of a process that was lost after these events. */
  #continueLost(events: readonly StoredStreamEvent[]): void {
    const lost = readLostAnswer(events);
    const canResume = this.#adopt(lost);
    const { restart } = this.#options;
    const { mayRepeat } = this.#thread;
    const next = nextAfterLoss({ ...lost, canResume, mayRepeat, restart });
    if (next.type === 'outcome') this.#conclude({ error: producerLost(), isInsideEvent: false });
    else this.#sendNext(next, producerLost(), lost.hasContent);
  }

  #begin(feed: AnswerFeed, onOutcome: (outcome: StreamOutcome) => void): void {
    this.#feed = feed;
    this.#onOutcome = onOutcome;
    this.#startedMs = performance.now();
    // In the turn of the stop, so that the end of the stopped stream carries the partial response.
    feed.signal.addEventListener('abort', () => {
      this.#conclude({ error: new GeminiError('stopped', 'the stream was stopped'), isInsideEvent: false });
    });
    feed.onResume(() => {
      this.#firstContent?.start();
      this.#attempt?.resume();
    });
  }

  timing(): GeminiStreamTiming | undefined {
    const timing = addTiming(this.#earlierTiming, this.#isRunning() ? this.#attempt?.timing : undefined);
    return timing && { ...timing, ...this.#contentTiming.timesSince(timing.startedAt) };
  }

  verdict(): DeliveryVerdict | undefined {
    return this.#attempt?.verdict();
  }

  usage(): UsageMetadata | undefined {
    return this.#merger.usage.total;
  }

  readonly emit = (event: StoredStreamEvent): void => {
    this.#contentTiming.note(event);
    this.#trace.event(event);
    if (isDiscard(event)) this.discarded.upTo = event;
    if (this.#feed?.push(event) !== false) return;
    this.#firstContent?.pause();
    this.#attempt?.pause();
  };

  onSent(): void {
    this.#sentCount += 1;
    const { firstContentTimeoutMs } = this.#model;
    if (firstContentTimeoutMs === Infinity || this.#merger.size > 0) return;
    this.#firstContent = new FirstContentLimit(firstContentTimeoutMs, (error) => this.#attempt?.fail(error));
    this.#firstContent.start();
  }

  onHeaders(headers: Readonly<Record<string, string>>): void {
    this.#hasHeaders = true;
    this.#serviceTier = headers['x-gemini-service-tier'];
    // If the subscriber is still behind, this event pauses the new attempt before its body is read.
    const { attempt, model } = this.#report;
    this.emit({ type: 'start', id: this.#options.id, model, attempt });
  }

  onSkipped(): void {
    this.#skippedChunks += 1;
  }

  onChunk(chunk: GenerateContentResponse, length: number, raw: object): void {
    const { rawChunks, usageEvents, gemini } = this.#options;
    this.#trace.chunk(chunk, length);
    if (rawChunks) {
      notePayloadLength(raw, length);
      this.emit({ type: 'chunk', chunk: raw });
    }
    this.#merger.add(this.#continuation.follow(chunk), this.emit, length);
    if (usageEvents === 'changes') this.#emitUsage();
    if (this.#options.checkpoints === true) this.#emitCheckpoint();
    if (this.#firstContent !== undefined && this.#merger.size > 0) this.#endFirstContent();
    const { heldLength: received } = this.#merger;
    const { maxResponseBytes: limit } = gemini;
    if (received <= limit) return;
    const message = `the response grew to ${received} bytes: maxResponseBytes is ${limit}`;
    throw new GeminiError('response-too-large', message, { limit, received });
  }

  onEnd(wireEnd: WireEnd): void {
    const merger = this.#merger;
    this.#endFirstContent();
    const thread = this.#thread;
    const hasEvents = thread.eventsCount > this.#eventsBefore;
    const hasProgress = merger.size > this.#sizeBefore || (thread.canFollow && hasEvents);
    const end = this.#endOfAnswer(wireEnd, hasProgress);
    const state = judgeAnswer(merger.response, end, merger.hasContent);
    const { restart, emptyAnswer, models } = this.#options;
    const mayDiscard = restart || !merger.hasContent;
    const isEmpty = state.emptyError !== undefined;
    this.#isInsideEvent = end.isInsideEvent || (this.#isInsideEvent && !hasProgress);
    // A body that ended by itself between two events is complete from the server's point of view.
    const error = end.isInsideEvent && !state.isWhole ? state.error : end.error;
    const isAgreed = state.isHandover && hasProgress && error === undefined;
    // Following costs only a request: what counts are requests that bring nothing.
    if (thread.canFollow && hasEvents) this.#spentAttempts = 0;
    if (!isAgreed) this.#spentAttempts += 1;
    const isOver = thread.endsWithErrorEvents && this.#hasHeaders && end.error?.code === 'api-error';
    const next = decideNext(
      {
        error,
        isWhole: state.isWhole,
        isHandover: state.isHandover,
        canResume: !isOver && (thread.canFollow || this.#usableToken(state.isHandover) !== undefined),
        mayRepeat: thread.mayRepeat,
        hasProgress,
        hasContent: merger.size > 0,
        mayAskAgain: isEmpty && emptyAnswer === 'retry' && !this.#hasAskedAgain && mayDiscard,
        isUnusable: isEmpty && emptyAnswer !== 'complete',
        mayFallBack: this.#place + 1 < models.length && mayDiscard,
        spentAttempts: this.#spentAttempts,
      },
      { ...this.#model.retry, restart },
      Math.random,
    );
    this.#finishAttempt(end.error);
    if (next.type === 'outcome' || next.delayMs >= this.#remainingMs()) this.#conclude(end);
    else {
      if (isEmpty) this.#hasAskedAgain = true;
      this.#sendNext(next, end.error ?? state.emptyError);
    }
  }

  #send(signal: AbortSignal, isContinued = false): void {
    this.#timer = undefined;
    const { gemini } = this.#options;
    const totalTimeoutMs = Math.max(1, this.#remainingMs());
    // The limit of the whole stream is kept here: to the transport each request is a stream of its own.
    const http = totalTimeoutMs === Infinity ? gemini.http : { ...gemini.http, totalTimeoutMs };
    const thread = this.#thread;
    const { token } = this.#continuation;
    this.#sentToken = isContinued && !thread.canFollow ? token : undefined;
    const how = this.#sentToken === undefined ? (isContinued ? 'follow' : 'begin') : { token: this.#sentToken };
    const target = thread.target(this.#place, how);
    this.#hasHeaders = false;
    this.#attempt = new SendAttempt({ target, reader: thread.reader(), signal, http, gemini }, this);
  }

  /** Returns the token that continues the answer; `undefined` if no token came, or if the last one brought no new one. */
  #usableToken(isHandover: boolean): string | undefined {
    const { token } = this.#continuation;
    if (isHandover) return token === this.#sentToken ? undefined : token;
    // A token speaks for one candidate: with several, another one's text could be lost between them.
    return (this.#merger.response.candidates?.length ?? 0) <= 1 ? token : undefined;
  }

  #sendNext(
    { type, delayMs }: Exclude<NextStep, { type: 'outcome' }>,
    error: GeminiError | undefined,
    // Thoughts and sources too.
    hasContent = this.#merger.size > 0,
  ): void {
    const attempt = this.#finished.length + 1;
    const { model: from } = this.#model;
    this.#emitUsage();
    // A subscriber may have stopped the stream on this event.
    if (this.#isConcluded) return;
    if (type === 'fallback') this.#useNextModel();
    const { model } = this.#model;
    this.#report = { attempt, kind: type, model, delayMs };
    const discard = hasContent ? { discardFrom: 0 } : {};
    if (type === 'resume') {
      // A run that is followed is one request of the server's own: its counts continue.
      if (!this.#thread.canFollow) {
        this.#merger.nextAttempt();
        this.#continuation.rewind();
      }
    } else {
      this.#thread = this.#options.form.begin();
      this.#merger = new ResponseMerger(this.#options.keepContent);
      this.#continuation = new Continuation(this.#options.gemini.maxResponseBytes);
      this.#isInsideEvent = false;
      this.#checkpoint = undefined;
    }
    this.#sizeBefore = this.#merger.size;
    this.#eventsBefore = this.#thread.eventsCount;
    if (type === 'resume') this.emit({ type, attempt, delayMs });
    else {
      const { code = 'truncated', status } = error ?? {};
      const facts = { attempt, code, status, ...discard };
      if (type === 'fallback') this.emit({ type, from, to: model, ...facts });
      else this.emit({ type: 'retry', delayMs, ...facts });
    }
    const feed = this.#feed;
    // A subscriber may have stopped the stream on this event.
    if (this.#isConcluded || feed === undefined) return;
    const isContinued = type === 'resume';
    if (delayMs === 0) this.#send(feed.signal, isContinued);
    else this.#timer = setTimeout(() => this.#send(feed.signal, isContinued), delayMs);
  }

  #useNextModel(): void {
    this.#place += 1;
    this.#model = modelAt(this.#options.models, this.#place);
    this.#trace.useModel(this.#model.model, this.#place);
    this.#spentAttempts = 0;
    this.#hasAskedAgain = false;
  }

  /**
   * Takes over what is known of an answer of another process: its requests, its model, and its content. Returns whether
   * another request can continue it.
   */
  #adopt({ reports, model, checkpoint, settled, repeated, hasPieces }: LostAnswer): boolean {
    const { models, form } = this.#options;
    for (const report of reports) this.#finished.push(report);
    this.#sentCount = reports.length;
    const place = model === undefined ? this.#place : models.findIndex((known) => known.model === model);
    if (place >= 0) {
      this.#place = place;
      this.#model = modelAt(models, place);
    }
    for (const chunk of [...settled, ...repeated]) this.#merger.add(chunk);
    if (checkpoint === undefined) return false;
    this.#checkpoint = checkpoint;
    this.#thread = form.begin(checkpoint);
    const canCompare = this.#continuation.adopt(checkpoint.continuationToken, repeated);
    const hasPlace = this.#thread.canFollow || this.#usableToken(false) !== undefined;
    return place >= 0 && canCompare && !hasPieces && hasPlace;
  }

  /** Names the place from which another process can continue, whenever there is a new one. */
  #emitCheckpoint(): void {
    const { canFollow, interactionId } = this.#thread;
    // The half of a character that is held back is in no event.
    const continuationToken = canFollow || this.#merger.holdsHalf ? undefined : this.#usableToken(false);
    if (!canFollow && continuationToken === undefined) return;
    const last = this.#checkpoint;
    if (last?.continuationToken === continuationToken && last?.interactionId === interactionId) return;
    this.#checkpoint = withoutAbsent({ continuationToken, interactionId });
    this.emit({ type: 'checkpoint', ...this.#checkpoint });
  }

  #emitUsage(): void {
    const usage = this.#merger.takeUsage();
    if (usage !== undefined) this.emit({ type: 'usage', usage });
  }

  #endFirstContent(): void {
    this.#firstContent?.end();
    this.#firstContent = undefined;
  }

  /** The end of this request as the end of the whole answer, of which an earlier request may have brought more. */
  #endOfAnswer(end: WireEnd, hasProgress: boolean): WireEnd {
    const { isBehind } = this.#continuation;
    const { isWhole, blockReason, endedBy } = judgeAnswer(this.#merger.response, end);
    if (!isWhole || blockReason !== undefined) return end;
    // If the resumed answer ends before repeating everything already delivered, it is a different answer.
    if (endedBy === 'end') return isBehind ? { ...end, error: resumeMismatch() } : end;
    return isBehind || (this.#isInsideEvent && !hasProgress) ? { ...end, isInsideEvent: true } : end;
  }

  #finishAttempt({ code, status }: Partial<GeminiError> = {}): void {
    const usage = this.#merger.usage.ofRequest;
    if (this.#isRunning()) this.#finished.push({ ...this.#report, usage, code, status });
    this.#earlierTiming = addTiming(this.#earlierTiming, this.#attempt?.timing);
    this.#unknownEvents += this.#attempt?.unknownEvents ?? 0;
  }

  #end(sink: GeminiSink, outcome: StreamOutcome): void {
    this.#options.onOutcome?.(outcome);
    endSink(sink, outcome);
  }

  #conclude(end: WireEnd): void {
    if (this.#isConcluded) return;
    const merger = this.#merger;
    const finalUsage = merger.takeUsage();
    const { response, isUsageFinal } = merger;
    const usage = merger.usage.ofRequest;
    const attemptReports = this.#isRunning() ? [...this.#finished, { ...this.#report, usage }] : [...this.#finished];
    const unknownEvents = this.#unknownEvents + (this.#isRunning() ? (this.#attempt?.unknownEvents ?? 0) : 0);
    const { model } = this.#report;
    const serviceTier = response.usageMetadata?.serviceTier ?? this.#serviceTier;
    const sent = { model, serviceTier, attempts: this.#sentCount, attemptReports };
    const counts = { skippedChunks: this.#skippedChunks, unknownEvents, ...sent };
    const content = { hasContent: merger.hasContent, emptyAnswer: this.#options.emptyAnswer };
    const outcome = conclude({
      ...end,
      ...counts,
      ...content,
      facts: this.#thread.facts(),
      response,
      isUsageFinal,
      text: merger.text(),
    });
    merger.finish(this.emit, outcome.error === undefined);
    if (finalUsage !== undefined && outcome.status !== 'stopped') this.emit({ type: 'usage', usage: finalUsage });
    // A subscriber may have stopped the stream on one of these events.
    if (this.#isConcluded) return;
    this.#isConcluded = true;
    clearTimeout(this.#timer);
    this.#endFirstContent();
    this.#attempt?.cancel();
    this.#trace.end(outcome, () => this.verdict());
    this.#onOutcome?.(outcome);
  }

  // The present request has been sent, and has not ended.
  #isRunning(): boolean {
    return this.#sentCount > this.#finished.length;
  }

  #remainingMs(): number {
    const { totalTimeoutMs = Infinity } = this.#options.gemini.http;
    return this.#startedMs + totalTimeoutMs - performance.now();
  }
}

function modelAt(models: readonly AnswerModel[], place: number): AnswerModel {
  const model = models[place];
  if (model === undefined) throw new RangeError(`no model has the place ${place}`);
  return model;
}

/** Ends a stream of the manager with its outcome. */
export function endSink(sink: GeminiSink, outcome: StreamOutcome): void {
  if (outcome.error === undefined || outcome.status === 'stopped') sink.end(outcome);
  else sink.fail(outcome.error, outcome);
}
