import type { StreamOutcome } from '../outcome.ts';
import type { FunctionCall } from '../wire.ts';
import type { ToolResult } from './run-tool.ts';

/**
 * One call of an answer. `open`: nobody here runs it, because it is the caller's to answer, or because no further answer
 * could hear of its result.
 */
export type LoopCall =
  | { readonly status: 'waiting' | 'running' | 'open'; readonly call: FunctionCall }
  | { readonly status: 'answered'; readonly call: FunctionCall; readonly result: ToolResult };

/** An answer that is over, with its calls. */
export interface LoopRound {
  readonly answer: StreamOutcome;
  readonly calls: readonly LoopCall[];
}

/**
 * Why a turn is over. `answered`: as its last answer ended. The others end a turn whose answer asks for more:
 * `stopped` and `expired` while functions run.
 */
export type LoopEnd =
  | { readonly reason: 'answered' | 'too-many-rounds' | 'unusable-call' | 'stopped' | 'expired' }
  | { readonly reason: 'tool-failed'; readonly call: FunctionCall; readonly result: ToolResult };

/** Where a turn is: an answer is coming (`answering`), its functions are still running (`calling`), or neither. */
export type ToolLoopState = {
  readonly past: readonly LoopRound[];
  /** The calls of the present answer, in its order. */
  readonly calls: readonly LoopCall[];
} & (
  | { readonly phase: 'answering' }
  | { readonly phase: 'calling'; readonly answer: StreamOutcome }
  | { readonly phase: 'over'; readonly answer: StreamOutcome | undefined; readonly end: LoopEnd }
);

/** What happens to a turn. A call's `index` is its place in its answer. */
export type ToolLoopEvent =
  | { readonly type: 'call'; readonly call: FunctionCall }
  | { readonly type: 'call-end'; readonly round: number; readonly index: number; readonly result: ToolResult }
  | { readonly type: 'answer-end'; readonly answer: StreamOutcome }
  | { readonly type: 'stop' | 'expire' };

/** What is to be done about it: run a call, ask for the next answer, or end the turn. */
export type ToolLoopCommand =
  | { readonly type: 'run'; readonly index: number; readonly call: FunctionCall }
  | { readonly type: 'ask' }
  | { readonly type: 'end' };

/** What decides. */
export interface ToolLoopPolicy {
  readonly maxRounds: number;
  readonly maxParallelCalls: number;
  readonly onToolError: 'tell-model' | 'fail';
  /** Whether the caller answers the calls of a function. */
  isOpen(name: string): boolean;
}

/** A turn after an event, and what is to be done. */
export interface ToolLoopStep {
  readonly state: ToolLoopState;
  readonly commands: readonly ToolLoopCommand[];
}

/** A turn whose first answer has been asked for. */
export const firstRound: ToolLoopState = { phase: 'answering', past: [], calls: [] };

/** Which answer of the turn is the present one, from 1. */
export function roundOf({ past }: ToolLoopState): number {
  return past.length + 1;
}

/** The reasons that end an answer because of a call in it that nobody can run. */
const unusable: ReadonlySet<string> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
]);

/** Decides what follows. Pure. An event that comes too late leaves the state as it is. */
export function toolLoop(state: ToolLoopState, event: ToolLoopEvent, policy: ToolLoopPolicy): ToolLoopStep {
  if (state.phase === 'over') {
    const isCutShort = event.type === 'answer-end' && state.answer === undefined;
    return { state: isCutShort ? { ...state, answer: event.answer } : state, commands: [] };
  }
  switch (event.type) {
    case 'call': {
      const isOpen = roundOf(state) >= policy.maxRounds || policy.isOpen(event.call.name ?? '');
      const call: LoopCall = { status: isOpen ? 'open' : 'waiting', call: event.call };
      return startWaiting({ ...state, calls: [...state.calls, call] }, policy);
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
      const { answer } = event;
      const next = { ...state, phase: 'calling', answer } as const;
      if (answer.status !== 'completed') return over(next, { reason: 'answered' });
      if (unusable.has(answer.finishReason ?? '')) return over(next, { reason: 'unusable-call' });
      return state.calls.length === 0 ? over(next, { reason: 'answered' }) : endRound(next, policy);
    }
    case 'stop':
      return over(state, { reason: 'stopped' });
    case 'expire':
      // An answer on its way has the same limit, and an end of its own.
      return state.phase === 'calling' ? over(state, { reason: 'expired' }) : { state, commands: [] };
  }
}

type Running = Exclude<ToolLoopState, { phase: 'over' }>;

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

/** Once the answer is over and every call that runs here has its result, they go back together. */
function endRound(state: Running, policy: ToolLoopPolicy): ToolLoopStep {
  const { past, calls } = state;
  if (state.phase !== 'calling' || calls.some(({ status }) => status === 'waiting' || status === 'running')) {
    return { state, commands: [] };
  }
  const open = calls.filter(({ status }) => status === 'open');
  if (open.length > 0) {
    const isLimit = open.some(({ call }) => !policy.isOpen(call.name ?? ''));
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

/** What the model did wrong is no failure of a function. */
function isFailure({ failure }: ToolResult): boolean {
  return failure !== undefined && failure !== 'unknown-tool' && failure !== 'invalid-arguments';
}
