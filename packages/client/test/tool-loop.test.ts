import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conclude } from '../src/answer/outcome.ts';
import { type StreamOutcome } from '../src/types.ts';
import { concludeTurn } from '../src/tools/turn-outcome.ts';
import { type ToolFailure } from '../src/types.ts';
import { type ToolResult } from '../src/tools/run-tool.ts';
import { firstRound, roundOf, toolLoop } from '../src/tools/tool-loop.ts';
import {
  type ToolLoopCommand,
  type ToolLoopEvent,
  type ToolLoopPolicy,
  type ToolLoopState,
} from '../src/tools/tool-loop.ts';

const limits: ToolLoopPolicy = {
  maxRounds: 3,
  maxCallsPerAnswer: 9,
  maxParallelCalls: 2,
  onToolError: 'tell-model',
  ownerOf,
};

function ownerOf(name: string): 'us' | 'caller' | 'nobody' {
  return name === 'run' ? 'us' : name === 'ask' ? 'caller' : 'nobody';
}

const answer = (finishReason = 'STOP'): StreamOutcome => {
  const response = { candidates: [{ finishReason }], usageMetadata: { totalTokenCount: 1 } };
  const report = { attempt: 1, kind: 'first', model: 'gemini-x', delayMs: 0 } as const;
  return conclude({ response, text: 'a', attempts: 1, attemptReports: [report] });
};
const done: ToolResult = { response: {}, durationMs: 1 };
const failure = (reason: ToolFailure): ToolResult => ({ ...done, failure: reason });
const call = (name = 'run'): ToolLoopEvent => ({ type: 'call', call: { name, args: {} } });
const callEnd = (index: number, result = done, round = 1): ToolLoopEvent => ({
  type: 'call-end',
  round,
  index,
  result,
});
const answerEnd = (finishReason?: string): ToolLoopEvent => ({ type: 'answer-end', answer: answer(finishReason) });

const served: ToolLoopEvent = {
  type: 'answer-end',
  answer: {
    ...answer(),
    response: { candidates: [{ content: { parts: [{ functionResponse: { name: 'served', response: {} } }] } }] },
  },
};

/** Returns the commands after each event, as one text per event. */
const play = (events: readonly ToolLoopEvent[], policy: Partial<ToolLoopPolicy> = {}) => {
  let state: ToolLoopState = firstRound;
  const told = events.map((event) => {
    const step = toolLoop(state, event, { ...limits, ...policy });
    state = step.state;
    return step.commands.map((command) => (command.type === 'run' ? `run ${command.index}` : command.type)).join(', ');
  });
  return { told, state };
};
const endOf = (state: ToolLoopState): string | undefined => (state.phase === 'over' ? state.end.reason : undefined);

describe('a turn', () => {
  it.for<[what: string, events: ToolLoopEvent[], told: string[], end: string | undefined]>([
    ['an answer without calls ends the turn', [answerEnd()], ['end'], 'answered'],
    ['a call runs while its answer still streams', [call(), call()], ['run 0', 'run 1'], undefined],
    ['calls past the limit wait', [call(), call(), call(), callEnd(1)], ['run 0', 'run 1', '', 'run 2'], undefined],
    [
      'the model is asked again when the answer and the results are complete',
      [call(), answerEnd(), callEnd(0)],
      ['run 0', '', 'ask'],
      undefined,
    ],
    [
      'the model is asked again if the answer ends after the results',
      [call(), callEnd(0), answerEnd()],
      ['run 0', '', 'ask'],
      undefined,
    ],
    ['a call without a function is left to the caller', [call('ask'), answerEnd()], ['', 'end'], 'answered'],
    [
      'the turn waits for its own results before it leaves the other calls to the caller',
      [call(), call('ask'), answerEnd(), callEnd(0)],
      ['run 0', '', '', 'end'],
      'answered',
    ],
    [
      'an answer that failed ends the turn while functions run',
      [call(), answerEnd('SAFETY')],
      ['run 0', 'end'],
      'answered',
    ],
    ['a malformed call ends the turn', [answerEnd('MALFORMED_FUNCTION_CALL')], ['end'], 'unusable-call'],
    ['a call that the server did not answer runs', [call('served'), answerEnd()], ['', 'run 0'], undefined],
    [
      'a call that the server answers does not run',
      [call('served'), call(), callEnd(1), served],
      ['', 'run 1', '', 'ask'],
      undefined,
    ],
    ['an answer whose calls the server answered ends the turn', [call('served'), served], ['', 'end'], 'answered'],
    [
      'a stop ends the turn while functions run',
      [call(), answerEnd(), { type: 'stop' }, callEnd(0)],
      ['run 0', '', 'end', ''],
      'stopped',
    ],
    [
      'the time limit ends the turn while functions run',
      [call(), answerEnd(), { type: 'expire' }],
      ['run 0', '', 'end'],
      'expired',
    ],
    [
      'the time limit does not end the turn while its answer still streams',
      [call(), { type: 'expire' }],
      ['run 0', ''],
      undefined,
    ],
    ['a result counts once', [call(), callEnd(0), callEnd(0), callEnd(7)], ['run 0', '', '', ''], undefined],
    [
      'a result of an earlier answer is ignored',
      [call(), callEnd(0), answerEnd(), call(), callEnd(0), answerEnd(), callEnd(0, done, 2)],
      ['run 0', '', 'ask', 'run 0', '', '', 'ask'],
      undefined,
    ],
  ])('%s', ([, events, told, end]) => {
    const played = play(events);
    expect([played.told, endOf(played.state)]).toEqual([told, end]);
  });

  it('the calls of the last answer of maxRounds do not run', () => {
    const round = (number: number): ToolLoopEvent[] => [call(), callEnd(0, done, number), answerEnd()];
    const { told, state } = play([...round(1), ...round(2), call(), answerEnd()]);
    expect(told).toEqual(['run 0', '', 'ask', 'run 0', '', 'ask', '', 'end']);
    expect(endOf(state)).toBe('too-many-rounds');
    // Calls without a function are left to the caller instead.
    expect(endOf(play([call('ask'), answerEnd()], { maxRounds: 1 }).state)).toBe('answered');
  });

  it.for<[reason: ToolFailure, end: string | undefined]>([
    ['unknown-tool', undefined],
    ['invalid-arguments', undefined],
    ['threw', 'tool-failed'],
    ['timeout', 'tool-failed'],
    ['not-json', 'tool-failed'],
    ['too-large', 'tool-failed'],
  ])('a failed call ends the turn only with onToolError: fail: %s', ([reason, end]) => {
    const events = [call(), callEnd(0, failure(reason))];
    expect(endOf(play(events).state)).toBeUndefined();
    expect(endOf(play(events, { onToolError: 'fail' }).state)).toBe(end);
  });

  it('a call after the end of its answer is ignored', () => {
    const { state } = play([call(), answerEnd(), call('served'), callEnd(0, done)]);
    expect(state.past.map(({ calls }) => calls.length)).toEqual([1]);
  });

  it('one call more than maxCallsPerAnswer ends the turn', () => {
    const { told, state } = play([call(), call('ask'), call()], { maxCallsPerAnswer: 2 });
    expect([told, endOf(state)]).toEqual([['run 0', '', 'end'], 'too-many-calls']);
  });

  it('an answer ends once', () => {
    expect(play([call(), answerEnd(), answerEnd('SAFETY'), callEnd(0)]).told).toEqual(['run 0', '', '', 'ask']);
  });

  it('the turn keeps the partial content of an answer that it cut off', () => {
    const { state } = play([call(), callEnd(0, failure('threw')), answerEnd()], { onToolError: 'fail' });
    expect(state).toMatchObject({ phase: 'over', answer: { text: 'a' }, end: { reason: 'tool-failed' } });
  });
});

it('a turn ends once within its limits, for any events in any order', () => {
  const event = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(call(), call(), call('ask'), call('served')) },
    {
      weight: 8,
      arbitrary: fc
        .tuple(
          fc.nat(4),
          fc.integer({ min: 1, max: 4 }),
          fc.constantFrom(done, failure('threw'), failure('unknown-tool')),
        )
        .map(([index, round, result]) => callEnd(index, result, round)),
    },
    { weight: 3, arbitrary: fc.constantFrom('STOP', 'STOP', 'STOP', 'MAX_TOKENS', 'SAFETY').map(answerEnd) },
    { weight: 1, arbitrary: fc.constantFrom<ToolLoopEvent>({ type: 'stop' }, { type: 'expire' }) },
  );
  const policies = fc.record({
    maxRounds: fc.integer({ min: 1, max: 4 }),
    maxCallsPerAnswer: fc.integer({ min: 1, max: 9 }),
    maxParallelCalls: fc.integer({ min: 1, max: 3 }),
    onToolError: fc.constantFrom('tell-model' as const, 'fail' as const),
    ownerOf: fc.constant(ownerOf),
  });
  fc.assert(
    fc.property(policies, fc.array(event, { maxLength: 60 }), (policy, events) => {
      let state: ToolLoopState = firstRound;
      const commands: ToolLoopCommand[] = [];
      // The script may never end: the caller stops it.
      for (const next of [...events, { type: 'stop' } as const]) {
        const before = state;
        const step = toolLoop(state, next, policy);
        state = step.state;
        commands.push(...step.commands);
        const running = state.calls.filter(({ status }) => status === 'running');
        expect(running.length).toBeLessThanOrEqual(policy.maxParallelCalls);
        expect(roundOf(state)).toBeLessThanOrEqual(policy.maxRounds);
        expect(state.calls.length).toBeLessThanOrEqual(policy.maxCallsPerAnswer);
        if (before.phase === 'over') expect(step.commands).toEqual([]);
        if (step.commands.some(({ type }) => type === 'ask')) {
          const { past } = state;
          expect(past.at(-1)?.calls.every(({ status }) => status === 'answered')).toBe(true);
        }
      }
      expect(commands.filter(({ type }) => type === 'end')).toHaveLength(1);
      expect(commands.at(-1)?.type).toBe('end');
      if (state.phase !== 'over') throw new Error('it has not ended');
      const outcome = concludeTurn(state, { ...policy, totalTimeoutMs: Infinity, turnSteps: () => undefined });
      expect(outcome.turn?.rounds.length).toBe(outcome.attempts);
      expect(outcome.usage?.totalTokenCount ?? 0).toBe(outcome.attempts);
      expect(outcome.error === undefined).toBe(['completed', 'blocked'].includes(outcome.status));
    }),
    { numRuns: 1_000 },
  );
});
