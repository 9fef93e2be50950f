import { lastTurns, type Content } from '@gemini/client';
import { expect, it } from 'vitest';

const user = (text: string): Content => ({ role: 'user', parts: [{ text }] });
const model = (text: string): Content => ({ role: 'model', parts: [{ text }] });
const call: Content = { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] };
const result: Content = { role: 'user', parts: [{ functionResponse: { name: 'f', response: {} } }] };
const history = [user('a'), model('b'), user('c'), call, result, call, result, model('d'), user('e'), model('f')];

it.for<[count: number, from: number]>([
  [0, 10],
  [1, 8],
  [2, 2],
  [3, 0],
  [99, 0],
])('lastTurns keeps the last %d turns, each with its calls and results', ([count, from]) => {
  expect(lastTurns(history, count)).toEqual(history.slice(from));
});

it.for([-1, 1.5, Number.NaN, Infinity])('lastTurns refuses %d as a count', (count) => {
  expect(() => lastTurns(history, count)).toThrow(TypeError);
});
