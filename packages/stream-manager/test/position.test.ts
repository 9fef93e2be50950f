import { expect, it } from 'vitest';
import { formatPosition, indexInEpoch } from '../src/event-log.ts';

it('indexInEpoch returns the index that a position was made from', () => {
  expect(indexInEpoch(formatPosition(1_700_000_000_000, 42), 1_700_000_000_000)).toBe(42);
});

it.for(['', '7', '8-1', '7-', '-1', '7--1', '7-1x', ' 7-1', '7-1.5', '7-99999999999999999999', 'seven-1'])(
  'indexInEpoch returns undefined in epoch 7 for %j',
  (position) => {
    expect(indexInEpoch(position, 7)).toBeUndefined();
  },
);
