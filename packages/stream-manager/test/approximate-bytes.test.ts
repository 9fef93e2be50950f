import { expect, it } from 'vitest';
import { approximateBytes } from '../src/index.ts';

it.for<[string, unknown, number]>([
  ['two bytes a character for a text', 'abcd', 16 + 8],
  ['a number as a value', 7, 16],
  ['nothing as a value', undefined, 16],
  ['the values of an object, not its keys', { aLongKey: 'ab', other: 1 }, 16 * 3 + 4],
  ['the values of nested arrays', [['ab'], []], 16 * 4 + 4],
  ['a buffer by its length', new Uint8Array(100), 16 + 100],
  ['a buffer inside by its length', { data: new ArrayBuffer(50) }, 16 * 2 + 50],
])('counts %s', ([, event, expected]) => {
  expect(approximateBytes(event)).toBe(expected);
});

it('ends with a cycle, and with more values than anyone wants counted', () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  expect(approximateBytes(cycle)).toBe(160_000);
  expect(approximateBytes(Array.from({ length: 1_000_000 }, () => 1))).toBe(160_000);
});
