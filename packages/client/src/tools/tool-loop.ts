import { unusableFinishReasons } from '../answer/outcome.ts';
import type { StreamOutcome } from '../types.ts';
import type { FunctionCall } from '../wire/types.ts';
import { responsesOf, unanswered } from './open-calls.ts';
import type { ToolResult } from './run-tool.ts';

/**
 * One call of an answer. `held`: its function is unknown here, but the server may run it and put the result into the
 * same answer. `open`: it does not run here, because the caller answers it or because no further answer could use its
 * result.
 */
export type LoopCall =
  | { readonly status: 'held' | 'waiting' | 'running' | 'open'; readonly call: FunctionCall }
  | { readonly status: 'answered'; readonly call: FunctionCall; readonly result: ToolResult };

/** An answer that has ended, with its calls. */
export interface LoopRound {
  readonly answer: StreamOutcome;
  readonly calls: readonly LoopCall[];
}

/**
 * The reason for the end of a turn. `answered`: it ends as its last answer ended. The others end a turn whose last answer
 * calls functions; `stopped` and `expired` end it while functions run.
 */
export type LoopEnd =
  | { readonly reason: 'answered' | 'too-many-rounds' | 'too-many-calls' | 'unusable-call' | 'stopped' | 'expired' }
  | { readonly reason: 'tool-failed'; readonly call: FunctionCall; readonly result: ToolResult };

/** The state of a turn: an answer is arriving (`answering`), its functions are still running (`calling`), or neither. */
export type ToolLoopState = {
  readonly past: readonly LoopRound[];
  /** The calls of the present answer, in its order. */
  readonly calls: readonly LoopCall[];
} & (
  | { readonly phase: 'answering' }
  | { readonly phase: 'calling'; readonly answer: StreamOutcome }
  | { readonly phase: 'over'; readonly answer: StreamOutcome | undefined; readonly end: LoopEnd }
);

/** An event of a turn. A call's `index` is its place in its answer. */
export type ToolLoopEvent =
  | { readonly type: 'call'; readonly call: FunctionCall }
  | { readonly type: 'call-end'; readonly round: number; readonly index: number; readonly result: ToolResult }
  | { readonly type: 'answer-end'; readonly answer: StreamOutcome }
  | { readonly type: 'stop' | 'expire' };

/** The next action: run a call, request the next answer, or end the turn. */
export type ToolLoopCommand =
  | { readonly type: 'run'; readonly index: number; readonly call: FunctionCall }
  | { readonly type: 'ask' }
  | { readonly type: 'end' };

/** The limits of a turn, and the owners of its functions. */
export interface ToolLoopPolicy {
  readonly maxRounds: number;
  readonly maxCallsPerAnswer: number;
  readonly maxParallelCalls: number;
  readonly onToolError: 'tell-model' | 'fail';
  /** Returns who answers the calls of a function: we, the caller, or possibly the server. */
  ownerOf(name: string): 'us' | 'caller' | 'nobody';
}

/** The state after an event, and the next actions. */
interface ToolLoopStep {
  readonly state: ToolLoopState;
  readonly commands: readonly ToolLoopCommand[];
}

/** A turn whose first answer has been requested. */
export const firstRound: ToolLoopState = { phase: 'answering', past: [], calls: [] };

/** Returns the number of the present answer, from 1. */
export function roundOf({ past }: ToolLoopState): number {
  return past.length + 1;
}

/** Returns the next state and actions. Pure. An event that comes too late does not change the state. */
export function toolLoop(state: ToolLoopState, event: ToolLoopEvent, policy: ToolLoopPolicy): ToolLoopStep {
  if (state.phase === 'over') {
    const isCutShort = event.type === 'answer-end' && state.answer === undefined;
    return { state: isCutShort ? { ...state, answer: event.answer } : state, commands: [] };
  }
  switch (event.type) {
    case 'call': {
      if (state.phase === 'calling') return { state, commands: [] };
      if (state.calls.length >= policy.maxCallsPerAnswer) return over(state, { reason: 'too-many-calls' });
      const owner = policy.ownerOf(event.call.name ?? '');
      const status = owner === 'us' ? ownStatus(state, policy) : owner === 'caller' ? 'open' : 'held';
      return startWaiting({ ...state, calls: [...state.calls, { status, call: event.call }] }, policy);
    }
    case 'call-end': {
      const ended = state.calls[event.index];
      if (event.round !== roundOf(state) || ended?.status !== 'running') return { state, commands: [] };
      const { result } = event;
      if (isFailure(result) && policy.onToolError === 'fail') {
        return over(state, { reason: 'tool-failed', call: ended.call, result });
      }
      const answered: LoopCall = { status: 'answered', call: ended.call, result };
      const next = startWaiting({ ...state, calls: state.calls.with(event.index, answered) }, policy);
      return next.commands.length > 0 ? next : endRound(next.state, policy);
    }
    case 'answer-end': {
      if (state.phase === 'calling') return { state, commands: [] };
      const { answer } = event;
      const calls = withoutServed(state.calls, answer, ownStatus(state, policy));
      const next = { ...state, calls, phase: 'calling', answer } as const;
      const isEnded = answer.status === 'completed' || answer.error?.code === 'empty-answer';
      if (isEnded && unusableFinishReasons.has(answer.finishReason?.toUpperCase() ?? '')) {
        return over(next, { reason: 'unusable-call' });
      }
      if (answer.status !== 'completed') return over(next, { reason: 'answered' });
      if (calls.length === 0) return over(next, { reason: 'answered' });
      const started = startWaiting(next, policy);
      return started.commands.length > 0 ? started : endRound(next, policy);
    }
    case 'stop':
      return over(state, { reason: 'stopped' });
    case 'expire':
      // An answer on its way has the same limit, and an end of its own.
      return state.phase === 'calling' ? over(state, { reason: 'expired' }) : { state, commands: [] };
  }
}

type Running = Exclude<ToolLoopState, { phase: 'over' }>;

/** Returns the status of a call that runs here: those of the last allowed answer do not run, for no answer follows. */
function ownStatus(state: ToolLoopState, { maxRounds }: ToolLoopPolicy): 'waiting' | 'open' {
  return roundOf(state) < maxRounds ? 'waiting' : 'open';
}

/** Removes the held calls that the server answered in the same answer, and gives the others their status. */
function withoutServed(
  calls: readonly LoopCall[],
  { response }: StreamOutcome,
  status: 'waiting' | 'open',
): readonly LoopCall[] {
  const held = calls.flatMap((known) => (known.status === 'held' ? known.call : []));
  if (held.length === 0) return calls;
  const left = new Set(unanswered(held, responsesOf(response.candidates?.[0]?.content?.parts ?? [])));
  return calls.flatMap((known) => {
    if (known.status !== 'held') return known;
    return left.has(known.call) ? { ...known, status } : [];
  });
}

function startWaiting(
  state: Running,
  { maxParallelCalls }: ToolLoopPolicy,
): { state: Running; commands: ToolLoopCommand[] } {
  let free = maxParallelCalls - state.calls.filter(({ status }) => status === 'running').length;
  const commands: ToolLoopCommand[] = [];
  const calls = state.calls.map((known, index) => {
    if (known.status !== 'waiting' || free <= 0) return known;
    free -= 1;
    commands.push({ type: 'run', index, call: known.call });
    return { ...known, status: 'running' as const };
  });
  return { state: { ...state, calls }, commands };
}

/** Requests the next answer once the answer has ended and every call that runs here has its result. */
function endRound(state: Running, policy: ToolLoopPolicy): ToolLoopStep {
  const { past, calls } = state;
  if (state.phase !== 'calling' || calls.some(({ status }) => status === 'waiting' || status === 'running')) {
    return { state, commands: [] };
  }
  const open = calls.filter(({ status }) => status === 'open');
  if (open.length > 0) {
    const isLimit = open.some(({ call }) => policy.ownerOf(call.name ?? '') !== 'caller');
    return over(state, { reason: isLimit ? 'too-many-rounds' : 'answered' });
  }
  const round = { answer: state.answer, calls };
  return { state: { phase: 'answering', past: [...past, round], calls: [] }, commands: [{ type: 'ask' }] };
}

function over(state: Running, end: LoopEnd): ToolLoopStep {
  const { past, calls } = state;
  const answer = state.phase === 'calling' ? state.answer : undefined;
  return { state: { phase: 'over', past, calls, answer, end }, commands: [{ type: 'end' }] };
}

/** Whether a function failed: a mistake of the model does not count. */
function isFailure({ failure }: ToolResult): boolean {
  return failure !== undefined && failure !== 'unknown-tool' && failure !== 'invalid-arguments';
}
