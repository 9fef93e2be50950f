import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStreamManager, StreamManagerError, type StreamManagerOptions } from '../src/index.ts';
import { manualSource } from './manual-source.ts';

const limits = { maxLagEvents: 4, sizeOf: () => 1 };
const start = (options: StreamManagerOptions<number> = {}) => {
  const manual = manualSource();
  return { manual, stream: createStreamManager<number>({ ...limits, ...options }).start(manual) };
};
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a slow `pause` subscriber', () => {
  it('makes push ask for a pause past maxLagEvents, and calls back at a quarter of it', async () => {
    const { manual, stream } = start();
    const fast: number[] = [];
    stream.subscribe((event) => fast.push(event));
    const slow = stream.iterate({ onSlow: 'pause' });
    const resumed = vi.fn();
    manual.sink.onResume(resumed);
    expect(range(1, 5).map((event) => manual.sink.push(event))).toEqual([true, true, true, true, false]);
    expect(stream.info().paused).toBe(true);
    expect(fast).toEqual(range(1, 5));
    for (let read = 0; read < 3; read += 1) await slow.next();
    expect(resumed).not.toHaveBeenCalled();
    await slow.next();
    expect(resumed).toHaveBeenCalledOnce();
    expect(manual.sink.push(6)).toBe(true);
  });

  it('counts in bytes too', () => {
    const { manual, stream } = start({ maxLagEvents: 100, maxLagBytes: 10, sizeOf: (event) => event });
    stream.iterate({ onSlow: 'pause' });
    expect([4, 6, 1].map((event) => manual.sink.push(event))).toEqual([true, true, false]);
  });

  it('has caught up at a quarter of maxLagBytes', async () => {
    const { manual, stream } = start({ maxLagEvents: 100, maxLagBytes: 40, sizeOf: (event) => event });
    const slow = stream.iterate({ onSlow: 'pause' });
    for (const event of [30, 4, 7]) manual.sink.push(event);
    await slow.next();
    expect(stream.info().paused).toBe(true);
    await slow.next();
    expect(stream.info().paused).toBe(false);
  });

  it('sets the pace together with the others: the slowest counts', async () => {
    const { manual, stream } = start();
    const slower = stream.iterate({ onSlow: 'pause' });
    const slowest = stream.iterate({ onSlow: 'pause' });
    const resumed = vi.fn();
    manual.sink.onResume(resumed);
    for (const event of range(1, 5)) manual.sink.push(event);
    for (let read = 0; read < 5; read += 1) await slower.next();
    expect(resumed).not.toHaveBeenCalled();
    for (let read = 0; read < 4; read += 1) await slowest.next();
    expect(resumed).toHaveBeenCalledOnce();
  });

  it('keeps the source paused although it pushed meanwhile', async () => {
    const { manual, stream } = start();
    const slow = stream.iterate({ onSlow: 'pause' });
    const resumed = vi.fn();
    manual.sink.onResume(resumed);
    for (const event of range(1, 12)) manual.sink.push(event);
    for (let read = 0; read < 7; read += 1) await slow.next();
    expect(resumed).not.toHaveBeenCalled();
    expect(stream.info().paused).toBe(true);
    for (let read = 0; read < 4; read += 1) await slow.next();
    expect(resumed).toHaveBeenCalledOnce();
  });

  it('is not taken to have caught up when another one has, that joined during the pause', async () => {
    const { manual, stream } = start();
    const slow = stream.iterate({ onSlow: 'pause' });
    const resumed = vi.fn();
    manual.sink.onResume(resumed);
    for (const event of range(1, 5)) manual.sink.push(event);
    for (let read = 0; read < 2; read += 1) await slow.next();
    const joined = stream.iterate({ onSlow: 'pause' });
    for (let read = 0; read < 5; read += 1) await joined.next();
    expect(resumed).not.toHaveBeenCalled();
    for (let read = 0; read < 2; read += 1) await slow.next();
    expect(resumed).toHaveBeenCalledOnce();
  });

  it('no longer pauses the source when it leaves', async () => {
    const { manual, stream } = start();
    stream.subscribe(() => {});
    const slow = stream.iterate({ onSlow: 'pause' });
    const resumed = vi.fn();
    manual.sink.onResume(resumed);
    for (const event of range(1, 5)) manual.sink.push(event);
    await slow.return();
    expect(resumed).toHaveBeenCalledOnce();
    expect(manual.sink.push(6)).toBe(true);
  });

  it('pauses the source for a late subscriber with a long replay', async () => {
    const { manual, stream } = start();
    for (const event of range(1, 9)) expect(manual.sink.push(event)).toBe(true);
    const late = stream.iterate({ onSlow: 'pause' });
    expect(manual.sink.push(10)).toBe(false);
    for (let read = 0; read < 10; read += 1) await late.next();
    expect(manual.sink.push(11)).toBe(true);
  });

  it('stops a pulled source from being pulled', async () => {
    let pulled = 0;
    const manager = createStreamManager<number>(limits);
    const stream = manager.start(async function* () {
      for (;;) yield (pulled += 1);
    });
    const slow = stream.iterate({ onSlow: 'pause' });
    for (let read = 0; read < 100; read += 1) await slow.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulled).toBeLessThanOrEqual(100 + limits.maxLagEvents + 1);
    expect((await slow.next()).value).toBe(101);
    await manager.close();
  });

  it('keeps its unread events although the history is full', async () => {
    const { manual, stream } = start({ maxHistoryBytes: 3, maxLagEvents: 5 });
    const slow = stream.iterate({ onSlow: 'pause' });
    for (const event of range(1, 6)) manual.sink.push(event);
    const seen: (number | void)[] = [];
    for (let read = 0; read < 6; read += 1) seen.push((await slow.next()).value);
    expect(seen).toEqual(range(1, 6));
  });

  it('is detached when the source ignores the pause for a whole history', async () => {
    const { manual, stream } = start({ maxHistoryBytes: 3 });
    const slow = stream.iterate({ onSlow: 'pause' });
    for (const event of range(1, 5)) manual.sink.push(event);
    // The events of the same turn were on their way before the source could know.
    for (const event of range(6, 20)) manual.sink.push(event);
    expect(stream.info()).toMatchObject({ subscribersCount: 1, historyBytes: 20 });
    await Promise.resolve();
    for (const event of range(21, 23)) manual.sink.push(event);
    expect(stream.info().subscribersCount).toBe(1);
    manual.sink.push(24);
    expect(stream.info()).toMatchObject({ subscribersCount: 0, historyBytes: 3 });
    await expect(slow.next()).rejects.toMatchObject({ name: 'StreamManagerError', code: 'slow-subscriber' });
  });
});

describe('a pause that takes too long', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('ends with the slow subscriber detached and the source resumed', async () => {
    const { manual, stream } = start({ maxPauseMs: 1_000 });
    stream.subscribe(() => {});
    const slow = stream.iterate({ onSlow: 'pause' });
    const resumed = vi.fn();
    manual.sink.onResume(resumed);
    for (const event of range(1, 5)) manual.sink.push(event);
    vi.advanceTimersByTime(999);
    expect(resumed).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(resumed).toHaveBeenCalledOnce();
    await expect(slow.next()).rejects.toMatchObject({ code: 'slow-subscriber' });
    expect(stream.info().status).toBe('active');
  });
});

describe('a slow `pause` subscriber of a stream that has ended', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('has no time limit', async () => {
    const { manual, stream } = start({ maxPauseMs: 1_000, retainMs: 0 });
    const slow = stream.iterate({ onSlow: 'pause' });
    for (const event of range(1, 9)) manual.sink.push(event);
    manual.sink.end();
    expect(stream.info().paused).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
    for (const event of range(1, 9)) expect((await slow.next()).value).toBe(event);
    expect((await slow.next()).done).toBe(true);
  });
});

describe('a slow `buffer` subscriber', () => {
  it('slows no other subscriber, and reads as long as the history lasts', async () => {
    const { manual, stream } = start();
    const slow = stream.iterate({ onSlow: 'buffer' });
    expect(range(1, 100).every((event) => manual.sink.push(event))).toBe(true);
    for (const event of range(1, 100)) expect((await slow.next()).value).toBe(event);
  });

  it('is detached when its unread events are trimmed', async () => {
    const { manual, stream } = start({ maxHistoryBytes: 10 });
    const slow = stream.iterate();
    for (const event of range(1, 10)) manual.sink.push(event);
    expect((await slow.next()).value).toBe(1);
    manual.sink.push(11);
    expect((await slow.next()).value).toBe(2);
    for (const event of range(12, 13)) manual.sink.push(event);
    const error: unknown = await slow.next().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StreamManagerError);
    expect(error).toMatchObject({ code: 'slow-subscriber', oldest: stream.info().oldest });
    expect(await slow.next()).toEqual({ done: true, value: undefined });
  });

  it('is detached also when the event that trims is the one at which the stream is ended', async () => {
    const { manual, stream } = start({ maxHistoryBytes: 2 });
    const slow = stream.iterate();
    stream.subscribe((event) => event === 3 && manual.sink.end());
    for (const event of range(1, 3)) manual.sink.push(event);
    await expect(slow.next()).rejects.toMatchObject({ code: 'slow-subscriber' });
    expect((await stream.ended).status).toBe('completed');
  });

  it('gets its end at once if it is a callback', () => {
    const { manual, stream } = start({ maxHistoryBytes: 3 });
    const ends: unknown[] = [];
    stream.subscribe({ item: () => new Promise(() => {}), end: (end) => ends.push(end) });
    for (const event of range(1, 5)) manual.sink.push(event);
    expect(ends).toMatchObject([{ status: 'detached', error: { code: 'slow-subscriber' } }]);
  });
});

describe('a slow `drop` subscriber', () => {
  it('skips to the newest events and gets a gap that names what it missed', async () => {
    const { manual, stream } = start({ maxLagEvents: 8 });
    const slow = stream.iterate({ onSlow: 'drop' });
    for (const event of range(1, 10)) manual.sink.push(event);
    const positionOf = (index: number): string => `${stream.info().oldest?.split('-')[0]}-${index}`;
    expect((await slow.next()).value).toEqual({ type: 'gap', from: positionOf(0), to: positionOf(7) });
    expect(slow.position).toBe(positionOf(7));
    expect((await slow.next()).value).toBe(9);
    expect((await slow.next()).value).toBe(10);
  });

  it('misses nothing while it lags by no more than maxLagEvents', async () => {
    const { manual, stream } = start();
    const slow = stream.iterate({ onSlow: 'drop' });
    for (const event of range(1, 4)) manual.sink.push(event);
    for (const event of range(1, 4)) expect((await slow.next()).value).toBe(event);
  });

  it('gets one gap also for what was trimmed meanwhile', async () => {
    const { manual, stream } = start({ maxHistoryBytes: 2, maxLagEvents: 12 });
    const slow = stream.iterate({ onSlow: 'drop' });
    for (const event of range(1, 20)) manual.sink.push(event);
    expect((await slow.next()).value).toMatchObject({ type: 'gap', to: expect.stringMatching(/-17$/) });
    expect((await slow.next()).value).toBe(19);
  });

  it('always gets the newest event, however large', async () => {
    const { manual, stream } = start({ sizeOf: () => 1_000, maxLagBytes: 10 });
    const slow = stream.iterate({ onSlow: 'drop' });
    for (const event of range(1, 3)) manual.sink.push(event);
    expect((await slow.next()).value).toMatchObject({ type: 'gap' });
    expect((await slow.next()).value).toBe(3);
  });
});

describe('a slow `disconnect` subscriber', () => {
  it('is detached past maxLagEvents, at once', async () => {
    const { manual, stream } = start();
    const slow = stream.iterate({ onSlow: 'disconnect' });
    for (const event of range(1, 4)) manual.sink.push(event);
    expect(stream.info().subscribersCount).toBe(1);
    manual.sink.push(5);
    expect(stream.info().subscribersCount).toBe(0);
    await expect(slow.next()).rejects.toMatchObject({ code: 'slow-subscriber' });
  });

  it('is not detached for one event that is large', async () => {
    const { manual, stream } = start({ sizeOf: () => 1_000, maxLagBytes: 10 });
    const slow = stream.iterate({ onSlow: 'disconnect' });
    manual.sink.push(1);
    expect((await slow.next()).value).toBe(1);
  });
});
