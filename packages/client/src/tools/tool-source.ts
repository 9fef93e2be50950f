import type { DeliveryVerdict } from '@gemini/http-streaming';
import {
  type AnswerFeed,
  type AnswerOptions,
  AnswerSource,
  type GeminiSink,
  type GeminiStreamSource,
  endSink,
} from '../answer/answer-source.ts';
import type { Discarded } from '../answer/discard.ts';
import { ContentTiming, type GeminiStreamTiming, addTiming } from '../answer/timing.ts';
import { sumUsage } from '../merge/merge-usage.ts';
import type { StoredStreamEvent, StreamOutcome } from '../types.ts';
import { failureOf } from '../wire/google-error.ts';
import type { UsageMetadata } from '../wire/types.ts';
import { runTool } from './run-tool.ts';
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
  #answerAbort = new AbortController();
  #resumeAnswer: (() => void) | undefined;
  #state: ToolLoopState = firstRound;
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
    this.#startedMs = performance.now();
    sink.signal.addEventListener('abort', () => {
      // If an answer is running, its partial response ends the turn.
      if (this.#state.phase === 'answering') this.#answerAbort.abort(sink.signal.reason);
      this.#dispatch({ type: 'stop' }, sink);
    });
    sink.onResume(() => this.#resumeAnswer?.());
    this.#nextAnswer(sink);
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
    const result = await runTool(call, runner, { ...this.#limits, round, signal: this.#functions.signal });
    if (this.#isOver()) return;
    const { response, files, failure, durationMs } = result;
    const facts = { ...(files === undefined ? {} : { files }), ...(failure === undefined ? {} : { failure }) };
    this.#emit({ type: 'tool-result', call, round, response, ...facts, durationMs }, sink);
    this.#dispatch({ type: 'call-end', round, index, result }, sink);
  }

  #nextAnswer(sink: GeminiSink): void {
    const { past } = this.#state;
    const round = roundOf(this.#state);
    if (round > 1) this.#emit({ type: 'round', round }, sink);
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
      firstModel: this.#answers.at(-1)?.modelPlace,
      gemini: { ...gemini, http },
    });
    this.#answers.push(answer);
    this.#answerAbort = new AbortController();
    answer.run(this.#feed(sink), (outcome) => this.#dispatch({ type: 'answer-end', answer: outcome }, sink));
  }

  /** Passes an answer's events on, as events of the turn, and its calls to the loop. */
  #feed(sink: GeminiSink): AnswerFeed {
    const inTurn = eventsInTurn(this.#state.past.map(({ answer }) => answer));
    return {
      signal: this.#answerAbort.signal,
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
    this.#answerAbort.abort();
    if (this.#state.phase !== 'over') return;
    const outcome = concludeTurn(this.#state, {
      ...this.#limits,
      totalTimeoutMs: this.#totalTimeoutMs,
      turnSteps: (rounds) => this.#form.turnSteps(rounds),
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
