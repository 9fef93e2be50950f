import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDeadline } from '../src/time-limits.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe('createDeadline', () => {
  it('expires once, when the time has passed', async () => {
    const expired = vi.fn<() => void>();
    createDeadline({ expired }).start(100);
    await pass(98);
    expect(expired).not.toHaveBeenCalled();
    await pass(5);
    expect(expired).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('runs from the last touch, with one timer however often it is touched', async () => {
    const expired = vi.fn<() => void>();
    const deadline = createDeadline({ expired });
    deadline.start(100);
    for (let count = 0; count < 50; count += 1) {
      await pass(10);
      deadline.touch();
      expect(vi.getTimerCount()).toBe(1);
    }
    expect(expired).not.toHaveBeenCalled();
    await pass(110);
    expect(expired).toHaveBeenCalledOnce();
  });

  it('looks at what has come meanwhile before it expires', () => {
    const expired = vi.fn<() => void>();
    const deadline = createDeadline({ expired });
    deadline.start(100);
    // The program was busy: the timer is due, and behind it the bytes that had come in time are read.
    vi.advanceTimersByTime(100);
    deadline.touch();
    vi.advanceTimersToNextTimer();
    expect(expired).not.toHaveBeenCalled();
  });

  it.for([2 ** 31, Infinity])('sets no limit for %d', async (ms) => {
    const expired = vi.fn<() => void>();
    createDeadline({ expired }).start(ms);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is stopped by stop', async () => {
    const expired = vi.fn<() => void>();
    const deadline = createDeadline({ expired });
    deadline.start(100);
    deadline.stop();
    expect(vi.getTimerCount()).toBe(0);
    await pass(500);
    expect(expired).not.toHaveBeenCalled();
  });

  it.for<[string, number, number, number]>([
    ['a longer', 200, 198, 0],
    ['a shorter', 50, 55, 1],
    ['no', Infinity, 200, 0],
  ])('has %s limit from another start on, and one timer at the most', async ([, ms, passedMs, times]) => {
    const expired = vi.fn<() => void>();
    const deadline = createDeadline({ expired });
    deadline.start(100);
    await pass(40);
    deadline.start(ms);
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
    await pass(passedMs);
    expect(expired).toHaveBeenCalledTimes(times);
    await pass(500);
    expect(expired).toHaveBeenCalledTimes(ms === Infinity ? 0 : 1);
  });
});
