import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createArrivals } from '../src/arrivals.ts';

it('takes what comes within one turn as one read', async () => {
  const arrivals = createArrivals();
  arrivals.add(1, 100, 1, false);
  arrivals.add(1.01, 50, 0, true);
  await nextTurn();
  arrivals.add(9, 7, 2, false);
  expect(arrivals.list()).toEqual([
    { atMs: 1, bytes: 150, events: 1, open: true },
    { atMs: 9, bytes: 7, events: 2, open: false },
  ]);
});

it('keeps the last 2,048 reads, in order', async () => {
  const arrivals = createArrivals();
  for (let index = 0; index < 3_000; index += 1) {
    arrivals.add(index, 1, 0, false);
    await Promise.resolve();
  }
  expect(arrivals.count()).toBe(3_000);
  expect(arrivals.list().map(({ atMs }) => atMs)).toEqual(Array.from({ length: 2_048 }, (_, index) => 952 + index));
  expect(arrivals.list(2).map(({ atMs }) => atMs)).toEqual([2_998, 2_999]);
});
