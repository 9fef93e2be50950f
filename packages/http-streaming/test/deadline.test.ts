import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDeadline } from '../src/exchange/deadline.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe('createDeadline', () => {
  it('expires once, when the time has passed', async () => {
    const onExpire = vi.fn<() => void>();
    createDeadline().start(100, onExpire);
    await pass(98);
    expect(onExpire).not.toHaveBeenCalled();
    await pass(5);
    expect(onExpire).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('runs from the last touch, with one timer however often it is touched', async () => {
    const onExpire = vi.fn<() => void>();
    const deadline = createDeadline();
    deadline.start(100, onExpire);
    for (let count = 0; count < 50; count += 1) {
      await pass(10);
      deadline.touch();
      expect(vi.getTimerCount()).toBe(1);
    }
    expect(onExpire).not.toHaveBeenCalled();
    await pass(110);
    expect(onExpire).toHaveBeenCalledOnce();
  });

  it('looks at what has come meanwhile before it expires', () => {
    const onExpire = vi.fn<() => void>();
    const deadline = createDeadline();
    deadline.start(100, onExpire);
    // The program was busy: the timer is due, and behind it the bytes that had come in time are read.
    vi.advanceTimersByTime(100);
    deadline.touch();
    vi.advanceTimersToNextTimer();
    expect(onExpire).not.toHaveBeenCalled();
  });

  it.for([0, Infinity])('sets no limit for %d', async (ms) => {
    const onExpire = vi.fn<() => void>();
    createDeadline().start(ms, onExpire);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is stopped by stop, and by another start', async () => {
    const onFirst = vi.fn<() => void>();
    const onSecond = vi.fn<() => void>();
    const deadline = createDeadline();
    deadline.start(100, onFirst);
    deadline.start(100, onSecond);
    deadline.stop();
    await pass(500);
    expect(onFirst).not.toHaveBeenCalled();
    expect(onSecond).not.toHaveBeenCalled();
  });
});
