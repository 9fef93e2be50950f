import type { DeliveryVerdict } from '@gemini/http-streaming';
import { type AnswerFeed, type AnswerOptions, AnswerSource } from '../answer/answer-source.ts';
import { inPresentContext } from '../answer/caller-context.ts';
import type { Discarded } from '../answer/discard.ts';
import { chunkOf } from '../answer/event-content.ts';
import { producerLost } from '../answer/lost-answer.ts';
import { outcomeOfEvents } from '../answer/outcome-of-events.ts';
import { endSink, type GeminiSink, type GeminiStreamSource } from '../answer/stream-source.ts';
import { ContentTiming, type GeminiStreamTiming, addTiming } from '../answer/timing.ts';
import { sumUsage } from '../merge/merge-usage.ts';
import type { StoredStreamEvent, StreamOutcome } from '../types.ts';
import { withoutAbsent } from '../wire/absent.ts';
import { failureOf } from '../wire/google-error.ts';
import type { FunctionCall, UsageMetadata } from '../wire/types.ts';
import { type LostTurn, readLostTurn } from './lost-turn.ts';
import { runTool } from './run-tool.ts';
import { traceTool } from './trace-tool.ts';
import {
  type ToolLoopCommand,
  type ToolLoopEvent,
  type ToolLoopPolicy,
  type ToolLoopState,
  firstRound,
  roundOf,
  toolLoop,
} from './tool-loop.ts';
import { type ToolLimits, type ToolOptions, resolveToolLimits } from './tool-options.ts';
import { ToolSet } from './tool.ts';
import type { TurnForm } from './turn-form.ts';
import { concludeTurn } from './turn-outcome.ts';

/** A stream to start, before its functions are known. */
export type TurnOptions = Omit<AnswerOptions, 'form'> & { readonly form: TurnForm };

/**
 * Makes the source of a stream: one answer, or a whole turn if `tool()` made some of its tools.
 * @throws TypeError for invalid tools and limits, and for `restart` and `keepContent: false` beside functions that run
 */
export function createStreamSource(options: TurnOptions, toolOptions: ToolOptions): GeminiStreamSource {
  const { restart, keepContent, form } = options;
  const entries = [...form.tools, ...(toolOptions.tools ?? [])];
  if (entries.length === 0) return new AnswerSource(options);
  const tools = new ToolSet(entries);
  const withTools = { ...options, form: form.withTools(tools) };
  if (!tools.isOurs) return new AnswerSource(withTools);
  if (restart) throw new TypeError('restart: expected false with tool(), for a function that ran cannot be taken back');
  if (!keepContent)
    throw new TypeError('keepContent: expected true with tool(), for an answer goes back with its results');
  return new ToolSource(withTools, tools, resolveToolLimits(toolOptions));
}

/**
 * Runs a turn of answers and function calls as one stream. Each call starts as soon as it is whole, while the answer is
 * still arriving; the next answer is requested when all results are there. {@link toolLoop} decides, this class acts.
 */
class ToolSource implements GeminiStreamSource {
  readonly discarded: Discarded = { upTo: undefined };
  readonly mayRestart = false;
  readonly keepsContent = true;
  readonly #options: TurnOptions;
  readonly #tools: ToolSet;
  readonly #limits: ToolLimits;
  readonly #policy: ToolLoopPolicy;
  /** Holds for the whole turn, functions and all. */
  readonly #totalTimeoutMs: number;
  /** The request of the present answer. */
  #form: TurnForm;
  readonly #contentTiming = new ContentTiming();
  readonly #answers: AnswerSource[] = [];
  readonly #functions = new AbortController();
  #stopAnswer: (() => void) | undefined;
  #resumeAnswer: (() => void) | undefined;
  #state: ToolLoopState = firstRound;
  #isTakenOver = false;
  /** The place of the model that another process asked last. */
  #modelPlace = 0;
  #startedMs = 0;
  /** Runs while functions run: an answer keeps the time limit by itself. */
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TurnOptions, tools: ToolSet, limits: ToolLimits) {
    this.#options = options;
    this.#tools = tools;
    this.#limits = limits;
    this.#policy = { ...limits, ownerOf: (name) => tools.ownerOf(name) };
    this.#form = options.form;
    this.#totalTimeoutMs = options.gemini.http.totalTimeoutMs ?? Infinity;
  }

  start(sink: GeminiSink): void {
    this.#begin(sink);
    this.#nextAnswer(sink);
  }

  /** Continues a turn whose process was lost. Results that are known are used; a function that had begun may not run twice. */
  resume(sink: GeminiSink, events: readonly StoredStreamEvent[], trimmedCount: number): void {
    const turn = readLostTurn(events, this.#policy);
    const reason = this.#whyLost(turn, events, trimmedCount);
    if (reason !== undefined) {
      const outcome = outcomeOfEvents(events, producerLost(reason), trimmedCount);
      this.#options.onOutcome?.(outcome);
      return endSink(sink, outcome);
    }
    this.#state = turn.state;
    this.#isTakenOver = true;
    this.#modelPlace = this.#options.models.findIndex(({ model }) => model === turn.model);
    this.#begin(sink);
    const { phase, past, calls } = turn.state;
    for (const { answer, calls: answered } of phase === 'answering' ? past.slice(0, -1) : past) {
      this.#form = this.#form.next(answer, answered);
    }
    if (phase === 'over') return this.#end(sink);
    for (const [index, { status, call }] of calls.entries()) {
      if (status === 'running') this.#perform({ type: 'run', index, call }, sink);
    }
    this.#watchTime(sink);
    if (phase === 'answering' && !this.#isOver()) this.#nextAnswer(sink, turn);
  }

  canHandOver(): boolean {
    if (this.#form.needsSteps) return false;
    const { phase, calls } = this.#state;
    const running = calls.filter(({ status }) => status === 'running');
    const mayRunAgain = running.every(({ call }) => this.#mayRunTwice(call));
    return mayRunAgain && (phase === 'calling' || this.#answers.at(-1)?.canHandOver() === true);
  }

  #begin(sink: GeminiSink): void {
    this.#startedMs = performance.now();
    sink.onStop(() => {
      // If an answer is running, its partial response ends the turn.
      if (this.#state.phase === 'answering') this.#stopAnswer?.();
      this.#dispatch({ type: 'stop' }, sink);
    });
    sink.onResume(() => this.#resumeAnswer?.());
  }

  /** A function that does not exist does nothing. */
  #mayRunTwice({ name = '' }: FunctionCall): boolean {
    const runner = this.#tools.runners.get(name);
    return runner === undefined || runner.idempotent === true;
  }

  /** Returns why a turn cannot be continued. */
  #whyLost({ begun }: LostTurn, events: readonly StoredStreamEvent[], trimmedCount: number): string | undefined {
    if (trimmedCount > 0) return 'the log has no longer all of its events';
    const once = begun.find((call) => !this.#mayRunTwice(call));
    if (once !== undefined) return `the function ${once.name} had begun`;
    // The steps themselves are in no event.
    const hasContent = events.some((event) => chunkOf(event)?.candidates !== undefined);
    return this.#form.needsSteps && hasContent ? 'its interaction is not stored' : undefined;
  }

  timing(): GeminiStreamTiming | undefined {
    const timing = this.#answers.map((answer) => answer.timing()).reduce(addTiming, undefined);
    return timing && { ...timing, ...this.#contentTiming.timesSince(timing.startedAt) };
  }

  /** Returns the latest conclusive verdict: an answer that is a single call is too short for one. */
  verdict(): DeliveryVerdict | undefined {
    const verdicts = this.#answers.map((answer) => answer.verdict());
    return verdicts.findLast((verdict) => verdict && verdict.kind !== 'inconclusive') ?? verdicts.at(-1);
  }

  usage(): UsageMetadata | undefined {
    return this.#answers.map((answer) => answer.usage()).reduce(sumUsage, undefined);
  }

  #dispatch(event: ToolLoopEvent, sink: GeminiSink): void {
    const { state, commands } = toolLoop(this.#state, event, this.#policy);
    this.#state = state;
    this.#watchTime(sink);
    for (const command of commands) this.#perform(command, sink);
  }

  #perform(command: ToolLoopCommand, sink: GeminiSink): void {
    if (command.type === 'end') this.#end(sink);
    // A subscriber may have stopped the stream on an event of the command before.
    else if (this.#isOver()) return;
    else if (command.type === 'ask') this.#nextAnswer(sink);
    else this.#run(command, sink).catch((cause: unknown) => sink.fail(failureOf(cause, undefined)));
  }

  async #run({ index, call }: ToolLoopCommand & { type: 'run' }, sink: GeminiSink): Promise<void> {
    const round = roundOf(this.#state);
    this.#emit({ type: 'tool-call', call, round }, sink);
    if (this.#isOver()) return;
    const runner = this.#tools.runners.get(call.name ?? '');
    const { id: streamId, inCaller = inPresentContext } = this.#options;
    const run = { ...this.#limits, round, signal: this.#functions.signal };
    const asked = { streamId, round, isKnown: runner !== undefined };
    const result = await inCaller(() => traceTool(call, asked, () => runTool(call, runner, run)));
    if (this.#isOver()) return;
    const { response, files, failure, durationMs } = result;
    const facts = { ...(files === undefined ? {} : { files }), ...(failure === undefined ? {} : { failure }) };
    this.#emit({ type: 'tool-result', call, round, response, ...facts, durationMs }, sink);
    this.#dispatch({ type: 'call-end', round, index, result }, sink);
  }

  #nextAnswer(sink: GeminiSink, lost?: LostTurn): void {
    const { past } = this.#state;
    const round = roundOf(this.#state);
    if (round > 1 && lost?.isRoundTold !== true) this.#emit({ type: 'round', round }, sink);
    if (this.#isOver()) return;
    const { gemini } = this.#options;
    const last = past.at(-1);
    if (last !== undefined) this.#form = this.#form.next(last.answer, last.calls);
    const totalTimeoutMs = this.#remainingMs();
    const http = totalTimeoutMs === Infinity ? gemini.http : { ...gemini.http, totalTimeoutMs };
    const answer = new AnswerSource({
      ...this.#options,
      form: this.#form,
      // Signatures in the answers so far are those of the model that gave them.
      firstModel: this.#answers.at(-1)?.modelPlace ?? Math.max(0, this.#modelPlace),
      gemini: { ...gemini, http },
    });
    this.#answers.push(answer);
    const onOutcome = (outcome: StreamOutcome): void => {
      this.#emitCheckpoint(outcome, sink);
      this.#dispatch({ type: 'answer-end', answer: outcome }, sink);
    };
    answer.run(this.#feed(sink), onOutcome, lost?.events);
  }

  /** Names a whole answer whose functions run: another process needs their results only. */
  #emitCheckpoint({ status, finishReason, usage, interactionId }: StreamOutcome, sink: GeminiSink): void {
    if (this.#options.checkpoints !== true || status !== 'completed' || this.#state.calls.length === 0) return;
    this.#emit({ type: 'checkpoint', ...withoutAbsent({ finishReason, usage, interactionId }) }, sink);
  }

  /** Passes an answer's events on, as events of the turn, and its calls to the loop. */
  #feed(sink: GeminiSink): AnswerFeed {
    const inTurn = eventsInTurn(this.#state.past.map(({ answer }) => answer));
    return {
      onStop: (callback) => {
        this.#stopAnswer = () => callback(undefined);
      },
      onResume: (callback) => {
        this.#resumeAnswer = callback;
      },
      push: (event) => {
        const mayContinue = this.#emit(inTurn(event), sink);
        if (event.type === 'function-call-end' && event.candidate === 0) {
          this.#dispatch({ type: 'call', call: event.call }, sink);
        }
        return mayContinue;
      },
    };
  }

  #emit(event: StoredStreamEvent, sink: GeminiSink): boolean {
    this.#contentTiming.note(event);
    return sink.push(event);
  }

  #end(sink: GeminiSink): void {
    this.#functions.abort(new DOMException('the turn is over', 'AbortError'));
    // The answer that is running, if there is one, reports its partial response before this returns.
    this.#stopAnswer?.();
    if (this.#state.phase !== 'over') return;
    const outcome = concludeTurn(this.#state, {
      ...this.#limits,
      totalTimeoutMs: this.#totalTimeoutMs,
      // Those of another process are in no event.
      turnSteps: (rounds) => (this.#isTakenOver ? undefined : this.#form.turnSteps(rounds)),
    });
    this.#options.onOutcome?.(outcome);
    endSink(sink, outcome);
  }

  #watchTime(sink: GeminiSink): void {
    if (this.#state.phase !== 'calling' || this.#totalTimeoutMs === Infinity) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else this.#timer ??= setTimeout(() => this.#dispatch({ type: 'expire' }, sink), this.#remainingMs());
  }

  #isOver(): boolean {
    return this.#state.phase === 'over';
  }

  #remainingMs(): number {
    return Math.max(1, this.#startedMs + this.#totalTimeoutMs - performance.now());
  }
}

/**
 * Converts the events of one answer to events of the turn: the numbers of requests and the token counts continue those
 * of the answers before.
 */
function eventsInTurn(before: readonly StreamOutcome[]): (event: StoredStreamEvent) => StoredStreamEvent {
  const attempts = before.reduce((sum, answer) => sum + answer.attemptReports.length, 0);
  const usage = before.map((answer) => answer.usage).reduce(sumUsage, undefined);
  return (event) => {
    switch (event.type) {
      case 'start':
      case 'resume':
        return attempts === 0 ? event : { ...event, attempt: event.attempt + attempts };
      case 'retry':
      case 'fallback': {
        if (attempts === 0) return event;
        // The answers before this one stay.
        const { discardFrom: _, ...more } = event;
        return { ...more, attempt: event.attempt + attempts };
      }
      case 'usage':
        return usage === undefined ? event : { ...event, usage: sumUsage(usage, event.usage) ?? event.usage };
      default:
        return event;
    }
  };
}
