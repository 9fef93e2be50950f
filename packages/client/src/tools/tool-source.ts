import {
  type AnswerOptions,
  AnswerSource,
  type GeminiSink,
  type GeminiStreamSource,
  endSink,
} from '../answer/answer-source.ts';
import { ContentTiming, addTiming } from '../answer/timing.ts';
import { sumUsage } from '../merge/merge-response.ts';
import type { StoredStreamEvent, StreamOutcome } from '../types.ts';
import { failureOf } from '../wire/google-error.ts';
import type { GenerateContentRequest } from '../wire/types.ts';
import { runTool } from './run-tool.ts';
import {
  type ToolLoopCommand,
  type ToolLoopEvent,
  type ToolLoopState,
  firstRound,
  roundOf,
  toolLoop,
} from './tool-loop.ts';
import { type ToolLimits, type ToolOptions, resolveToolLimits } from './tool-options.ts';
import { type ToolSet, createToolSet } from './tool.ts';
import { concludeTurn, roundContents } from './turn-outcome.ts';

/** A turn to run. */
interface ToolSourceOptions {
  readonly request: GenerateContentRequest;
  readonly tools: ToolSet;
  readonly limits: ToolLimits;
  /** Holds for the whole turn, functions and all; `Infinity` is no limit. */
  readonly totalTimeoutMs: number;
  /** Makes the source of one answer. */
  readonly ask: (request: GenerateContentRequest, totalTimeoutMs: number) => AnswerSource;
  readonly onOutcome: AnswerOptions['onOutcome'];
}

/**
 * Runs a turn of answers and function calls as one stream: each call from the moment it is whole, while the answer still
 * comes, and the next answer when all results are there. What is to be done is decided by {@link toolLoop}; here it is
 * done.
 */
function createToolSource(options: ToolSourceOptions): GeminiStreamSource {
  const { request, tools, limits, totalTimeoutMs, ask, onOutcome } = options;
  const policy = { ...limits, ownerOf: tools.ownerOf };
  const firsts = new ContentTiming();
  const answers: GeminiStreamSource[] = [];

  const run = (sink: GeminiSink): void => {
    const functions = new AbortController();
    const startedMs = performance.now();
    let state: ToolLoopState = firstRound;
    let answer = new AbortController();
    let resumeAnswer: (() => void)[] = [];
    let timer: NodeJS.Timeout | undefined;

    const emit = (event: StoredStreamEvent): boolean => {
      firsts.note(event);
      return sink.push(event);
    };
    const dispatch = (event: ToolLoopEvent): void => {
      const step = toolLoop(state, event, policy);
      state = step.state;
      watchTime();
      for (const command of step.commands) perform(command);
    };
    const isOver = (): boolean => state.phase === 'over';
    const perform = (command: ToolLoopCommand): void => {
      if (command.type === 'end') end();
      // A subscriber may have stopped the stream on hearing of the command before.
      else if (isOver()) return;
      else if (command.type === 'ask') nextAnswer();
      else call(command).catch((cause: unknown) => sink.fail(failureOf(cause, undefined)));
    };
    const call = async ({ index, call: asked }: ToolLoopCommand & { type: 'run' }): Promise<void> => {
      const round = roundOf(state);
      emit({ type: 'tool-call', call: asked, round });
      if (isOver()) return;
      const runner = tools.runners.get(asked.name ?? '');
      const result = await runTool(asked, runner, { ...limits, round, signal: functions.signal });
      if (isOver()) return;
      emit({ type: 'tool-result', call: asked, round, ...toldResult(result) });
      dispatch({ type: 'call-end', round, index, result });
    };
    const nextAnswer = (): void => {
      const round = roundOf(state);
      if (round > 1) emit({ type: 'round', round });
      if (isOver()) return;
      const said = state.past.flatMap((past) => roundContents(past.answer, past.calls));
      const source = ask({ ...request, contents: [...request.contents, ...said] }, remainingMs());
      const inRound = createRoundEvents(state.past.map((past) => past.answer));
      answers.push(source);
      answer = new AbortController();
      resumeAnswer = [];
      const feed = {
        signal: answer.signal,
        onResume: (callback: () => void) => void resumeAnswer.push(callback),
        push(event: StoredStreamEvent) {
          const mayGoOn = emit(inRound(event));
          if (event.type === 'function-call-end' && event.candidate === 0) {
            dispatch({ type: 'call', call: event.call });
          }
          return mayGoOn;
        },
      };
      source.run(feed, (outcome) => dispatch({ type: 'answer-end', answer: outcome }));
    };
    const end = (): void => {
      functions.abort(new DOMException('the turn is over', 'AbortError'));
      // The answer on its way, if there is one, tells what had come of it before this returns.
      answer.abort();
      if (state.phase !== 'over') return;
      const outcome = concludeTurn(state, { ...limits, totalTimeoutMs });
      onOutcome?.(outcome);
      endSink(sink, outcome);
    };
    const remainingMs = (): number => Math.max(1, startedMs + totalTimeoutMs - performance.now());
    // An answer keeps the limit by itself; while functions run nobody else would.
    const watchTime = (): void => {
      const isCalling = state.phase === 'calling';
      if (!isCalling || totalTimeoutMs === Infinity) {
        clearTimeout(timer);
        timer = undefined;
      } else timer ??= setTimeout(() => dispatch({ type: 'expire' }), remainingMs());
    };

    sink.signal.addEventListener('abort', () => {
      // Where an answer is on its way, it ends the turn with what had come.
      if (state.phase === 'answering') answer.abort(sink.signal.reason);
      dispatch({ type: 'stop' });
    });
    sink.onResume(() => {
      for (const resume of resumeAnswer) resume();
    });
    nextAnswer();
  };

  return {
    mayRestart: false,
    keepsContent: true,
    discarded: { upTo: undefined },
    start: run,
    timing() {
      const timing = answers.map((source) => source.timing()).reduce(addTiming, undefined);
      return timing && { ...timing, ...firsts.timesSince(timing.startedAt) };
    },
    /** The last answer's that says anything: one that is a single call is too short to tell. */
    verdict() {
      const verdicts = answers.map((source) => source.verdict());
      return verdicts.findLast((verdict) => verdict && verdict.kind !== 'inconclusive') ?? verdicts.at(-1);
    },
  };
}

function toldResult({ response, failure, durationMs }: Awaited<ReturnType<typeof runTool>>) {
  return failure === undefined ? { response, durationMs } : { response, failure, durationMs };
}

/**
 * The source of a stream: one answer, or where `tool()` made some of its tools, as many as its calls need.
 * @throws TypeError for tools and bounds that cannot be meant, and with functions that run for `restart` and for
 * `keepContent: false`
 */
export function createStreamSource(options: AnswerOptions, toolOptions: ToolOptions): GeminiStreamSource {
  const { request, gemini, restart, keepContent } = options;
  const entries = [...(request.tools ?? []), ...(toolOptions.tools ?? [])];
  if (entries.length === 0) return new AnswerSource(options);
  const tools = createToolSet(entries);
  if (!tools.isOurs) return new AnswerSource({ ...options, request: { ...request, tools: entries } });
  if (restart) throw new TypeError('restart: expected false with tool(), for a function that ran cannot be taken back');
  if (!keepContent)
    throw new TypeError('keepContent: expected true with tool(), for an answer goes back with its results');
  const { totalTimeoutMs = Infinity } = gemini.http;
  return createToolSource({
    request: { ...request, tools: tools.wire },
    tools,
    limits: resolveToolLimits(toolOptions),
    totalTimeoutMs,
    onOutcome: options.onOutcome,
    ask(next, remainingMs) {
      const http = totalTimeoutMs === Infinity ? gemini.http : { ...gemini.http, totalTimeoutMs: remainingMs };
      return new AnswerSource({ ...options, request: next, gemini: { ...gemini, http } });
    },
  });
}

/** The events of one answer as they stand in the turn: requests are counted on, and tokens on top of those before. */
function createRoundEvents(before: readonly StreamOutcome[]): (event: StoredStreamEvent) => StoredStreamEvent {
  const attempts = before.reduce((sum, answer) => sum + answer.attemptReports.length, 0);
  const usage = before.map((answer) => answer.usage).reduce(sumUsage, undefined);
  return (event) => {
    switch (event.type) {
      case 'start':
      case 'retry':
      case 'resume':
        return attempts === 0 ? event : { ...event, attempt: event.attempt + attempts };
      case 'usage':
        return usage === undefined ? event : { ...event, usage: sumUsage(usage, event.usage) ?? event.usage };
      default:
        return event;
    }
  };
}
