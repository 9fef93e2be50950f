import { conclude } from '../answer/outcome.ts';
import { GeminiError } from '../errors.ts';
import { tidyResponse } from '../request/tidy-result.ts';
import { sumUsage } from '../merge/merge-usage.ts';
import type { StreamOutcome } from '../types.ts';
import type { InteractionStep } from '../wire/interaction-types.ts';
import type { Content } from '../wire/types.ts';
import { answerContent } from './open-calls.ts';
import type { LoopCall, LoopEnd, LoopRound, ToolLoopState } from './tool-loop.ts';

/** The limits that the outcome of a turn names. */
interface TurnFacts {
  readonly maxRounds: number;
  readonly maxCallsPerAnswer: number;
  readonly totalTimeoutMs: number;
  /** The steps of the whole turn, if the API has steps and all of them are known. */
  turnSteps(rounds: readonly LoopRound[]): readonly InteractionStep[] | undefined;
}

/**
 * Returns the outcome of a turn, which ends as its last answer or as the loop ended. Text, token counts and requests
 * are those of all answers; `response` is the last one's. Pure.
 */
export function concludeTurn(state: Extract<ToolLoopState, { phase: 'over' }>, facts: TurnFacts): StreamOutcome {
  const { past, calls, answer, end } = state;
  const rounds: readonly LoopRound[] = answer === undefined ? past : [...past, { answer, calls }];
  const answers = rounds.map((round) => round.answer);
  const { steps: _steps, ...last } =
    answers.at(-1) ?? conclude({ response: {}, text: '', attempts: 0, attemptReports: [] });
  const usageKinds = answers.flatMap(({ usageKind }) => usageKind ?? []);
  const reports = answers.flatMap(({ attemptReports }) => attemptReports);
  const steps = facts.turnSteps(rounds);
  return {
    ...last,
    ...endOf(end, last, facts),
    ...(steps === undefined ? {} : { steps }),
    text: answers.map(({ text }) => text).join(''),
    usage: answers.map(({ usage }) => usage).reduce(sumUsage, undefined),
    // The total is `final` only if every part is.
    usageKind: usageKinds.includes('last-seen') ? 'last-seen' : usageKinds[0],
    skippedChunks: answers.reduce((sum, { skippedChunks }) => sum + skippedChunks, 0),
    unknownEvents: answers.reduce((sum, { unknownEvents }) => sum + unknownEvents, 0),
    attempts: answers.reduce((sum, { attempts }) => sum + attempts, 0),
    attemptReports: reports.map((report, index) => ({ ...report, attempt: index + 1 })),
    turn: {
      contents: rounds.flatMap((round) => roundContents(round.answer, round.calls)),
      rounds: rounds.map(({ answer: { finishReason, usage, attempts }, calls: { length: callsCount } }, index) => ({
        round: index + 1,
        finishReason,
        callsCount,
        usage,
        attempts,
      })),
      openCalls: calls.flatMap(({ status, call }) => (status === 'answered' ? [] : [call])),
    },
  };
}

type Ending = Pick<StreamOutcome, 'status' | 'endedBy' | 'error'>;

function endOf(
  end: LoopEnd,
  { status, endedBy, error, response, finishReason }: StreamOutcome,
  facts: TurnFacts,
): Ending {
  const partial = response;
  const failed = (failure: GeminiError): Ending => ({ status: 'failed', endedBy: 'error', error: failure });
  switch (end.reason) {
    case 'answered':
      return { status, endedBy, error };
    case 'stopped': {
      const stopped = new GeminiError('stopped', 'the stream was stopped', { partial });
      return { status: 'stopped', endedBy: 'stop', error: stopped };
    }
    case 'expired': {
      const { totalTimeoutMs: limit } = facts;
      return failed(new GeminiError('total-timeout', `the turn took more than ${limit} ms`, { partial, limit }));
    }
    case 'too-many-rounds': {
      const { maxRounds: limit } = facts;
      const message = `answer ${limit} still calls functions: maxRounds is ${limit}`;
      return failed(new GeminiError('too-many-rounds', message, { partial, limit, received: limit + 1 }));
    }
    case 'too-many-calls': {
      const { maxCallsPerAnswer: limit } = facts;
      const message = `an answer calls functions more than ${limit} times: maxCallsPerAnswer is ${limit}`;
      return failed(new GeminiError('too-many-calls', message, { partial, limit, received: limit + 1 }));
    }
    case 'unusable-call': {
      const message = `the model made a call that cannot be run: ${finishReason}`;
      return failed(new GeminiError('malformed-function-call', message, { partial, reason: finishReason }));
    }
    case 'tool-failed': {
      const { call, result } = end;
      const message = `the function ${call.name} failed: ${result.failure}`;
      return failed(new GeminiError('tool-failed', message, { partial, reason: result.failure, cause: result.error }));
    }
  }
}

/**
 * Returns the messages of one round in the form that the API accepts as history: the answer with its signatures, then
 * the results of its calls in one message, in the order of the calls, each under its call's id. Pure.
 */
export function roundContents(answer: StreamOutcome, calls: readonly LoopCall[]): Content[] {
  const content = answerContent(answer.response);
  const parts = calls.flatMap((known) => {
    if (known.status !== 'answered') return [];
    const { id, name = '' } = known.call;
    const { response, files } = known.result;
    const beside = files === undefined ? {} : { parts: [...files] };
    return [{ functionResponse: tidyResponse({ ...(id === undefined ? {} : { id }), name, response, ...beside }) }];
  });
  const results = parts.length === 0 ? [] : [{ role: 'user', parts }];
  return content === undefined ? results : [content, ...results];
}
