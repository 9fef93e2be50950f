import type { FunctionCall, FunctionResponse } from '@gemini/client';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nextTurn, unanswered } from '../src/tools/open-calls.ts';
import { measureWork } from './work-meter.ts';

const callOrResult = fc.record(
  { id: fc.constantFrom('1', '2', '3'), name: fc.constantFrom('a', 'b') },
  { requiredKeys: ['name'] },
);
const calls = fc.array(callOrResult, { maxLength: 8 });

/** The rule as it is written: the first result of the same id, else the first of the same name if one of them has no id. */
const unansweredByRule = (asked: readonly FunctionCall[], given: readonly FunctionResponse[]): FunctionCall[] => {
  const left = [...given];
  return asked.filter((call) => {
    const sameId = left.findIndex((response) => call.id !== undefined && response.id === call.id);
    const sameName = left.findIndex(
      (response) => response.name === call.name && (call.id === undefined || response.id === undefined),
    );
    const index = sameId >= 0 ? sameId : sameName;
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
};

it('calls and results belong together by id if both have one, else by name in their order', () => {
  fc.assert(
    fc.property(calls, calls, (asked, given) => {
      expect(unanswered(asked, given)).toEqual(unansweredByRule(asked, given));
    }),
  );
});

it.for([
  ['with ids', (index: number) => ({ id: `${index}`, name: 'f' })],
  ['without ids', () => ({ name: 'f' })],
  ['of many names', (index: number) => ({ name: `f${index}` })],
] as const)('thousands of calls %s are answered in a number of steps that grows with them', async ([, make]) => {
  const count = 4_000;
  const asked: FunctionCall[] = Array.from({ length: count }, (_, index) => make(index));
  const answer = { role: 'model', parts: asked.map((functionCall) => ({ functionCall })) };
  const results = asked.map((call) => ({ functionResponse: { ...call, response: {} } })).toReversed();
  const { steps } = await measureWork(() => {
    const { message } = nextTurn([answer], results);
    expect(message.parts).toHaveLength(count);
  });
  // A look at all results for each call would be 16 million steps.
  expect(steps).toBeLessThan(200 * count);
});
