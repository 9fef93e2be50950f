import type { GeminiStreamEvent, StreamOutcome } from '@gemini/client';
import { expect, it } from 'vitest';
import { createAnswerCheck } from './soak/answer-check.ts';

const delta = (text: string): GeminiStreamEvent => ({ type: 'text-delta', text, candidate: 0 });
/** As much of an outcome as the check looks at. */
const outcomeOf = (text: string, facts: Partial<StreamOutcome> = {}): StreamOutcome =>
  ({ status: 'completed', text, finishReason: 'STOP', endedBy: 'end', error: undefined, ...facts }) as StreamOutcome;
const end = (text: string): GeminiStreamEvent => ({ type: 'end', outcome: outcomeOf(text) });
const restarted: GeminiStreamEvent = {
  type: 'retry',
  attempt: 2,
  delayMs: 0,
  code: 'connection-lost',
  discardFrom: 0,
};

it.for<[what: string, events: readonly GeminiStreamEvent[], complaints: number]>([
  ['an answer as it was sent', [delta('7.1 '), delta('7.2'), end('7.1 7.2')], 0],
  ['an answer that was restarted', [delta('7.1 '), restarted, delta('7.1 7.2'), end('7.1 7.2')], 0],
  ['another candidate', [delta('7.1 7.2'), { type: 'text-delta', text: 'x', candidate: 1 }, end('7.1 7.2')], 0],
  ['text told twice', [delta('7.1 '), delta('7.1 ')], 1],
  ['text left out', [delta('7.2')], 1],
  ['text of another stream', [delta('8.1 ')], 1],
  ['a second end', [delta('7.1 7.2'), end('7.1 7.2'), end('7.1 7.2')], 1],
  ['text after the end', [delta('7.1 '), end('7.1 '), delta('7.2')], 1],
  ['an end with more text than was delivered', [delta('7.1 '), end('7.1 7.2')], 1],
])('the check of a soaked stream counts what is wrong in %s', ([, events, expected]) => {
  const complaints: string[] = [];
  const check = createAnswerCheck('7.1 7.2', (what) => complaints.push(what));
  for (const event of events) check.event(event);
  expect(complaints).toHaveLength(expected);
});

it('the check accepts gaps for a subscriber that agreed to miss events', () => {
  const complaints: string[] = [];
  const check = createAnswerCheck('7.1 7.2 7.3', (what) => complaints.push(what));
  for (const event of [delta('7.1 '), { type: 'gap', from: 'a-1', to: 'a-1' } as const, delta('7.3')])
    check.event(event);
  expect(complaints).toEqual([]);
  check.event(delta('7.9'));
  expect(complaints).toHaveLength(1);
});

it.for<[what: string, outcome: StreamOutcome, complaints: number]>([
  ['a whole answer', outcomeOf('7.1 7.2'), 0],
  ['a part that calls itself completed', outcomeOf('7.1 '), 1],
  ['a part whose connection was lost after an early finish reason', outcomeOf('7.1 ', { endedBy: 'reset' }), 0],
  ['a part that was stopped without an error', outcomeOf('7.1 ', { status: 'stopped' }), 1],
  ['a text that was not sent', outcomeOf('7.1 8.', { status: 'blocked' }), 1],
  ['a completion without a finish reason', outcomeOf('7.1 7.2', { finishReason: undefined }), 1],
])('the check of an outcome counts what is wrong in %s', ([, outcome, expected]) => {
  const complaints: string[] = [];
  createAnswerCheck('7.1 7.2', (what) => complaints.push(what)).outcome(outcome);
  expect(complaints).toHaveLength(expected);
});
