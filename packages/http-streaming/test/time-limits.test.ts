import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadline, TimeLimits } from '../src/time-limits.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe('Deadline', () => {
  it('expires once, when the time has passed', async () => {
    const onExpired = vi.fn<() => void>();
    new Deadline({ onExpired }).start(100);
    await pass(98);
    expect(onExpired).not.toHaveBeenCalled();
    await pass(5);
    expect(onExpired).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('runs from the last touch, with one timer however often it is touched', async () => {
    const onExpired = vi.fn<() => void>();
    const deadline = new Deadline({ onExpired });
    deadline.start(100);
    for (let count = 0; count < 50; count += 1) {
      await pass(10);
      deadline.touch();
      expect(vi.getTimerCount()).toBe(1);
    }
    expect(onExpired).not.toHaveBeenCalled();
    await pass(110);
    expect(onExpired).toHaveBeenCalledOnce();
  });

  it('processes pending reads before it expires', () => {
    const onExpired = vi.fn<() => void>();
    const deadline = new Deadline({ onExpired });
    deadline.start(100);
    // The program was busy: the timer is due, and behind it the bytes that arrived in time are read.
    vi.advanceTimersByTime(100);
    deadline.touch();
    vi.advanceTimersToNextTimer();
    expect(onExpired).not.toHaveBeenCalled();
  });

  it.for([2 ** 31, Infinity])('sets no limit for %d', async (ms) => {
    const onExpired = vi.fn<() => void>();
    new Deadline({ onExpired }).start(ms);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is stopped by stop', async () => {
    const onExpired = vi.fn<() => void>();
    const deadline = new Deadline({ onExpired });
    deadline.start(100);
    deadline.stop();
    expect(vi.getTimerCount()).toBe(0);
    await pass(500);
    expect(onExpired).not.toHaveBeenCalled();
  });

  it.for<[string, number, number, number]>([
    ['a longer', 200, 198, 0],
    ['a shorter', 50, 55, 1],
    ['no', Infinity, 200, 0],
  ])('has %s limit from another start on, and one timer at the most', async ([, ms, passedMs, times]) => {
    const onExpired = vi.fn<() => void>();
    const deadline = new Deadline({ onExpired });
    deadline.start(100);
    await pass(40);
    deadline.start(ms);
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
    await pass(passedMs);
    expect(onExpired).toHaveBeenCalledTimes(times);
    await pass(500);
    expect(onExpired).toHaveBeenCalledTimes(ms === Infinity ? 0 : 1);
  });
});

describe('TimeLimits', () => {
  const limits = { connectTimeoutMs: 100, headersTimeoutMs: 200, idleTimeoutMs: 300, contentIdleTimeoutMs: 1_000 };
  const setUp = (given: Partial<typeof limits> = {}) => {
    const codes: string[] = [];
    const onTimeout = (code: string): void => void codes.push(code);
    return { codes, times: new TimeLimits({ ...limits, ...given }, () => performance.now(), { onTimeout }) };
  };

  it.for<['connecting' | 'sent' | 'streaming', string, number]>([
    ['connecting', 'connect-timeout', 100],
    ['sent', 'headers-timeout', 200],
    ['streaming', 'idle-timeout', 300],
  ])('has a limit for %s: %s', async ([phase, code, ms]) => {
    const { codes, times } = setUp();
    times.start(phase);
    await pass(ms - 2);
    expect(codes).toEqual([]);
    await pass(5);
    expect(codes).toEqual([code]);
  });

  it('uses one timer while reads bring content', async () => {
    const { codes, times } = setUp();
    times.start('streaming');
    for (let count = 0; count < 20; count += 1) {
      await pass(100);
      times.touch(performance.now());
      times.touchContent(true, performance.now());
      expect(vi.getTimerCount()).toBe(1);
    }
    expect(codes).toEqual([]);
  });

  it.for([1_000, 250])(
    'counts %i ms from the last content, although other bytes come',
    async (contentIdleTimeoutMs) => {
      const { codes, times } = setUp({ contentIdleTimeoutMs });
      times.start('streaming');
      times.touchContent(true, performance.now());
      for (let passedMs = 0; passedMs < contentIdleTimeoutMs - 50; passedMs += 50) {
        await pass(50);
        times.touch(performance.now());
        times.touchContent(false, performance.now());
      }
      expect(codes).toEqual([]);
      await pass(60);
      expect(codes).toEqual(['content-idle-timeout']);
    },
  );

  it('starts again with each piece of content', async () => {
    const { codes, times } = setUp();
    times.start('streaming');
    for (let count = 0; count < 10; count += 1) {
      for (let comment = 0; comment < 4; comment += 1) {
        await pass(200);
        times.touch(performance.now());
        times.touchContent(false, performance.now());
      }
      times.touchContent(true, performance.now());
    }
    expect(codes).toEqual([]);
  });

  it('does not run while nothing is read', async () => {
    const { codes, times } = setUp();
    times.start('streaming');
    times.stop();
    times.touchContent(false, performance.now());
    await pass(5_000);
    expect(codes).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
