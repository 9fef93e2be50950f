import type { DeliveryVerdict, RetryPolicy } from '@gemini/http-streaming';
import { GeminiError } from '../errors.ts';
import { notePayloadLength } from '../merge/sizes.ts';
import type { ResolvedGeminiOptions } from '../options.ts';
import type { Checkpoint, EmptyAnswer, StoredStreamEvent, StreamOutcome, UsageEvents } from '../types.ts';
import type { GenerateContentResponse, UsageMetadata } from '../wire/types.ts';
import { AnswerContent } from './answer-content.ts';
import type { AnswerForm } from './answer-form.ts';
import { AttemptLedger } from './attempt-ledger.ts';
import type { AsyncContext } from './caller-context.ts';
import { type Discarded, isDiscard } from './discard.ts';
import { FirstContentLimit } from './first-content-limit.ts';
import { type LostAnswer, nextAfterLoss, producerLost, readLostAnswer } from './lost-answer.ts';
import { type NextStep, decideNext } from './next-attempt.ts';
import { type WireEnd, conclude, judgeAnswer } from './outcome.ts';
import { outcomeOfEvents } from './outcome-of-events.ts';
import { type AttemptObserver, SendAttempt } from './send-attempt.ts';
import { endSink, type GeminiSink, type GeminiStreamSource } from './stream-source.ts';
import { ContentTiming, type GeminiStreamTiming } from './timing.ts';
import { StreamTrace } from './trace.ts';

const noEvents: readonly StoredStreamEvent[] = [];

/** The part of a sink that an answer needs while it runs. */
export type AnswerFeed = Pick<GeminiSink, 'push' | 'onResume' | 'onStop'>;

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
  readonly #ledger: AttemptLedger;
  #feed: AnswerFeed | undefined;
  #onOutcome: ((outcome: StreamOutcome) => void) | undefined;
  #startedMs = 0;
  #content: AnswerContent;
  #model: AnswerModel;
  #place: number;
  #firstContent: FirstContentLimit | undefined;
  #serviceTier: string | undefined;
  #skippedChunks = 0;
  #timer: NodeJS.Timeout | undefined;
  #spentAttempts = 0;
  #hasHeaders = false;
  /** An empty answer was requested once more. */
  #hasAskedAgain = false;
  #isConcluded = false;

  constructor(options: AnswerOptions) {
    const { firstModel = 0 } = options;
    this.#options = options;
    this.#place = firstModel;
    this.#model = modelAt(options.models, firstModel);
    const { model } = this.#model;
    this.#ledger = new AttemptLedger(model);
    this.#trace = new StreamTrace(options, model, firstModel);
    this.#content = this.#newContent();
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
    return this.#options.restart || this.#content.canHandOver;
  }

  /**
   * Runs the answer into a feed, or continues one whose process was lost after these events, which are all of it.
   * `onOutcome` is called once, last.
   */
  run(
    feed: AnswerFeed,
    onOutcome: (outcome: StreamOutcome) => void,
    events: readonly StoredStreamEvent[] = noEvents,
  ): void {
    this.#begin(feed, onOutcome);
    this.#trace.start(() => {
      // In the turn of the stop, so that the end of the stopped stream carries the partial response.
      feed.onStop(() => {
        this.#conclude({ error: new GeminiError('stopped', 'the stream was stopped'), isInsideEvent: false });
      });
      if (this.#isConcluded) return;
      if (events.length === 0) this.#send();
      else this.#continueLost(events);
    });
  }

  /** Continues the answer of a process that was lost after these events. */
  #continueLost(events: readonly StoredStreamEvent[]): void {
    const lost = readLostAnswer(events);
    const canResume = this.#adopt(lost);
    const { restart } = this.#options;
    const { mayRepeat } = this.#content.thread;
    const next = nextAfterLoss({ ...lost, canResume, mayRepeat, restart });
    if (next.type === 'outcome') this.#conclude({ error: producerLost(), isInsideEvent: false });
    else this.#sendNext(next, producerLost(), lost.hasContent);
  }

  #begin(feed: AnswerFeed, onOutcome: (outcome: StreamOutcome) => void): void {
    this.#feed = feed;
    this.#onOutcome = onOutcome;
    this.#startedMs = performance.now();
    feed.onResume(() => {
      this.#firstContent?.start();
      this.#ledger.attempt?.resume();
    });
  }

  timing(): GeminiStreamTiming | undefined {
    const timing = this.#ledger.timing();
    return timing && { ...timing, ...this.#contentTiming.timesSince(timing.startedAt) };
  }

  verdict(): DeliveryVerdict | undefined {
    return this.#ledger.attempt?.verdict();
  }

  usage(): UsageMetadata | undefined {
    return this.#content.merger.usage.total;
  }

  readonly emit = (event: StoredStreamEvent): void => {
    this.#contentTiming.note(event);
    this.#trace.event(event);
    if (isDiscard(event)) this.discarded.upTo = event;
    if (this.#feed?.push(event) !== false) return;
    this.#firstContent?.pause();
    this.#ledger.attempt?.pause();
  };

  onSent(): void {
    this.#ledger.noteSent();
    const { firstContentTimeoutMs } = this.#model;
    if (firstContentTimeoutMs === Infinity || this.#content.merger.size > 0) return;
    this.#firstContent = new FirstContentLimit(firstContentTimeoutMs, (error) => this.#ledger.attempt?.fail(error));
    this.#firstContent.start();
  }

  onHeaders(headers: Readonly<Record<string, string>>): void {
    this.#hasHeaders = true;
    this.#serviceTier = headers['x-gemini-service-tier'];
    // If the subscriber is still behind, this event pauses the new attempt before its body is read.
    const { attempt, model } = this.#ledger.current;
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
    const { merger, continuation } = this.#content;
    merger.add(continuation.follow(chunk), this.emit, length);
    if (usageEvents === 'changes') this.#emitUsage();
    if (this.#options.checkpoints === true) this.#emitCheckpoint();
    if (this.#firstContent !== undefined && merger.size > 0) this.#endFirstContent();
    const { heldLength: received } = merger;
    const { maxResponseBytes: limit } = gemini;
    if (received <= limit) return;
    const message = `the response grew to ${received} bytes: maxResponseBytes is ${limit}`;
    throw new GeminiError('response-too-large', message, { limit, received });
  }

  onEnd(wireEnd: WireEnd): void {
    this.#endFirstContent();
    const content = this.#content;
    const { merger, thread, hasProgress, hasFollowed } = content;
    const end = content.endRequest(wireEnd);
    const state = judgeAnswer(merger.response, end, merger.hasContent);
    const { restart, emptyAnswer, models } = this.#options;
    const mayDiscard = restart || !merger.hasContent;
    const isEmpty = state.emptyError !== undefined;
    // A body that ended by itself between two events is complete from the server's point of view.
    const error = end.isInsideEvent && !state.isWhole ? state.error : end.error;
    const isAgreed = state.isHandover && hasProgress && error === undefined;
    // Following costs only a request: what counts are requests that bring nothing.
    if (hasFollowed) this.#spentAttempts = 0;
    if (!isAgreed) this.#spentAttempts += 1;
    const isOver = thread.endsWithErrorEvents && this.#hasHeaders && end.error?.code === 'api-error';
    const next = decideNext(
      {
        error,
        isWhole: state.isWhole,
        isHandover: state.isHandover,
        canResume: !isOver && content.canResume(state.isHandover),
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
    this.#ledger.end(merger.usage.ofRequest, end.error);
    if (next.type === 'outcome' || next.delayMs >= this.#remainingMs()) this.#conclude(end);
    else {
      if (isEmpty) this.#hasAskedAgain = true;
      this.#sendNext(next, end.error ?? state.emptyError);
    }
  }

  #send(isContinued = false): void {
    this.#timer = undefined;
    const { gemini } = this.#options;
    const totalTimeoutMs = Math.max(1, this.#remainingMs());
    // The limit of the whole stream is kept here: to the transport each request is a stream of its own.
    const http = totalTimeoutMs === Infinity ? gemini.http : { ...gemini.http, totalTimeoutMs };
    const { thread } = this.#content;
    const target = thread.target(this.#place, this.#content.beginRequest(isContinued));
    this.#hasHeaders = false;
    this.#ledger.begin(new SendAttempt({ target, reader: thread.reader(), http, gemini }, this));
  }

  #sendNext(
    { type, delayMs }: Exclude<NextStep, { type: 'outcome' }>,
    error: GeminiError | undefined,
    // Thoughts and sources too.
    hasContent = this.#content.merger.size > 0,
  ): void {
    const { model: from } = this.#model;
    this.#emitUsage();
    // A subscriber may have stopped the stream on this event.
    if (this.#isConcluded) return;
    if (type === 'fallback') this.#useNextModel();
    const { model } = this.#model;
    const attempt = this.#ledger.plan({ kind: type, model, delayMs });
    const discard = hasContent ? { discardFrom: 0 } : {};
    if (type === 'resume') {
      this.#content.expectRest();
      this.emit({ type, attempt, delayMs });
    } else {
      this.#content = this.#newContent();
      const { code = 'truncated', status } = error ?? {};
      const facts = { attempt, code, status, ...discard };
      if (type === 'fallback') this.emit({ type, from, to: model, ...facts });
      else this.emit({ type: 'retry', delayMs, ...facts });
    }
    // A subscriber may have stopped the stream on this event.
    if (this.#isConcluded) return;
    const isContinued = type === 'resume';
    if (delayMs === 0) this.#send(isContinued);
    else this.#timer = setTimeout(() => this.#send(isContinued), delayMs);
  }

  /** Begins an answer, or continues that of another process from a place. */
  #newContent(checkpoint?: Checkpoint): AnswerContent {
    const { form, keepContent, gemini } = this.#options;
    return new AnswerContent(form.begin(checkpoint), { keepContent, maxResponseBytes: gemini.maxResponseBytes });
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
  #adopt(lost: LostAnswer): boolean {
    const { models } = this.#options;
    const { model } = lost;
    this.#ledger.adopt(lost.reports);
    const place = model === undefined ? this.#place : models.findIndex((known) => known.model === model);
    if (place >= 0) {
      this.#place = place;
      this.#model = modelAt(models, place);
    }
    this.#content = this.#newContent(lost.checkpoint);
    return this.#content.adopt(lost) && place >= 0;
  }

  /** Names the place from which another process can continue, whenever there is a new one. */
  #emitCheckpoint(): void {
    const checkpoint = this.#content.takeCheckpoint();
    if (checkpoint !== undefined) this.emit({ type: 'checkpoint', ...checkpoint });
  }

  #emitUsage(): void {
    const usage = this.#content.merger.takeUsage();
    if (usage !== undefined) this.emit({ type: 'usage', usage });
  }

  #endFirstContent(): void {
    this.#firstContent?.end();
    this.#firstContent = undefined;
  }

  #end(sink: GeminiSink, outcome: StreamOutcome): void {
    this.#options.onOutcome?.(outcome);
    endSink(sink, outcome);
  }

  #conclude(end: WireEnd): void {
    if (this.#isConcluded) return;
    const { merger, thread } = this.#content;
    const ledger = this.#ledger;
    const finalUsage = merger.takeUsage();
    const { response, isUsageFinal } = merger;
    const { model } = ledger.current;
    const serviceTier = response.usageMetadata?.serviceTier ?? this.#serviceTier;
    const attemptReports = ledger.reports(merger.usage.ofRequest);
    const sent = { model, serviceTier, attempts: ledger.sentCount, attemptReports };
    const counts = { skippedChunks: this.#skippedChunks, unknownEvents: ledger.unknownEvents(), ...sent };
    const content = { hasContent: merger.hasContent, emptyAnswer: this.#options.emptyAnswer };
    const outcome = conclude({
      ...end,
      ...counts,
      ...content,
      facts: thread.facts(),
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
    this.#ledger.attempt?.cancel();
    this.#trace.end(outcome, () => this.verdict());
    this.#onOutcome?.(outcome);
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
