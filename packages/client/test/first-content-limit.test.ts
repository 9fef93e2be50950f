import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FirstContentLimit } from '../src/answer/first-content-limit.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('the time of a pause does not count, however often the stream is paused in it', () => {
  const errors: unknown[] = [];
  const limit = new FirstContentLimit(1_000, (error) => errors.push(error));
  limit.start();
  vi.advanceTimersByTime(400);
  limit.pause();
  vi.advanceTimersByTime(10_000);
  limit.pause();
  limit.start();
  vi.advanceTimersByTime(599);
  expect(errors).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(errors).toMatchObject([{ code: 'first-content-timeout', limit: 1_000 }]);
});

it('a limit that is over does not begin again', () => {
  const errors: unknown[] = [];
  const limit = new FirstContentLimit(1_000, (error) => errors.push(error));
  limit.start();
  limit.end();
  limit.start();
  vi.advanceTimersByTime(5_000);
  expect(errors).toEqual([]);
});
