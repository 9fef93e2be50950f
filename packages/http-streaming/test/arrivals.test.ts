import { expect, it } from 'vitest';
import { Arrivals } from '../src/arrivals.ts';

it('chunks without a pause between them count as one read', () => {
  const arrivals = new Arrivals();
  arrivals.add(1, 3, { bytes: 100, events: 1, open: false });
  arrivals.add(3.004, 3.5, { bytes: 50, events: 0, open: true });
  arrivals.add(3.6, 3.7, { bytes: 7, events: 2, open: false });
  expect(arrivals.list()).toEqual([
    { atMs: 1, bytes: 150, events: 1, open: true },
    { atMs: 3.6, bytes: 7, events: 2, open: false },
  ]);
});

it('the last 2,048 reads are kept in order', () => {
  const arrivals = new Arrivals();
  for (let atMs = 0; atMs < 3_000; atMs += 1) arrivals.add(atMs, atMs, { bytes: 1, events: 0, open: false });
  expect(arrivals.count()).toBe(3_000);
  expect(arrivals.list().map(({ atMs }) => atMs)).toEqual(Array.from({ length: 2_048 }, (_, index) => 952 + index));
  expect(arrivals.list(2).map(({ atMs }) => atMs)).toEqual([2_998, 2_999]);
});

it('the count of a read saturates at its maximum', () => {
  const arrivals = new Arrivals();
  arrivals.add(1, 1, { bytes: 2 ** 32 - 2, events: 2 ** 20 - 2, open: true });
  expect(arrivals.list()).toEqual([{ atMs: 1, bytes: 2 ** 32 - 2, events: 2 ** 20 - 2, open: true }]);
  arrivals.add(1, 1, { bytes: 9, events: 9, open: false });
  expect(arrivals.list()).toEqual([{ atMs: 1, bytes: 2 ** 32 - 1, events: 2 ** 20 - 1, open: false }]);
});
