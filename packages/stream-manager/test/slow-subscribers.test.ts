import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStreamManager, StreamManagerError, type StreamManagerOptions } from '../src/index.ts';
import { handSource } from './hand-source.ts';

const marks = { highMarkEvents: 4, lowMarkEvents: 1, sizeOf: () => 1 };
const start = (options: StreamManagerOptions<number> = {}) => {
  const hand = handSource();
  return { hand, stream: createStreamManager<number>({ ...marks, ...options }).start(hand) };
};
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a slow `pause` subscriber', () => {
  it('makes push ask for a pause past the high mark, and calls back at the low mark', async () => {
    const { hand, stream } = start();
    const fast: number[] = [];
    stream.subscribe((event) => fast.push(event));
    const slow = stream.iterate({ onSlow: 'pause' });
    const resumed = vi.fn();
    hand.sink.onResume(resumed);
    expect(range(1, 5).map((event) => hand.sink.push(event))).toEqual([true, true, true, true, false]);
    expect(stream.info().paused).toBe(true);
    expect(fast).toEqual(range(1, 5));
    for (let read = 0; read < 3; read++) await slow.next();
    expect(resumed).not.toHaveBeenCalled();
    await slow.next();
    expect(resumed).toHaveBeenCalledOnce();
    expect(hand.sink.push(6)).toBe(true);
  });

  it('is counted in bytes too', () => {
    const { hand, stream } = start({ highMarkEvents: 100, highMarkBytes: 10, sizeOf: (event) => event });
    stream.iterate({ onSlow: 'pause' });
    expect([4, 6, 1].map((event) => hand.sink.push(event))).toEqual([true, true, false]);
  });

  it('sets the pace together with the others: the slowest counts', async () => {
    const { hand, stream } = start();
    const slower = stream.iterate({ onSlow: 'pause' });
    const slowest = stream.iterate({ onSlow: 'pause' });
    const resumed = vi.fn();
    hand.sink.onResume(resumed);
    for (const event of range(1, 5)) hand.sink.push(event);
    for (let read = 0; read < 5; read++) await slower.next();
    expect(resumed).not.toHaveBeenCalled();
    for (let read = 0; read < 4; read++) await slowest.next();
    expect(resumed).toHaveBeenCalledOnce();
  });

  it('goes on holding the source back when that has pushed on meanwhile', async () => {
    const { hand, stream } = start();
    const slow = stream.iterate({ onSlow: 'pause' });
    const resumed = vi.fn();
    hand.sink.onResume(resumed);
    for (const event of range(1, 12)) hand.sink.push(event);
    for (let read = 0; read < 7; read++) await slow.next();
    expect(resumed).not.toHaveBeenCalled();
    expect(stream.info().paused).toBe(true);
    for (let read = 0; read < 4; read++) await slow.next();
    expect(resumed).toHaveBeenCalledOnce();
  });

  it('is not taken to have caught up when another one has, that joined during the pause', async () => {
    const { hand, stream } = start();
    const slow = stream.iterate({ onSlow: 'pause' });
    const resumed = vi.fn();
    hand.sink.onResume(resumed);
    for (const event of range(1, 5)) hand.sink.push(event);
    for (let read = 0; read < 2; read++) await slow.next();
    const joined = stream.iterate({ onSlow: 'pause' });
    for (let read = 0; read < 5; read++) await joined.next();
    expect(resumed).not.toHaveBeenCalled();
    for (let read = 0; read < 2; read++) await slow.next();
    expect(resumed).toHaveBeenCalledOnce();
  });

  it('no longer holds the source back when it leaves', async () => {
    const { hand, stream } = start();
    stream.subscribe(() => {});
    const slow = stream.iterate({ onSlow: 'pause' });
    const resumed = vi.fn();
    hand.sink.onResume(resumed);
    for (const event of range(1, 5)) hand.sink.push(event);
    await slow.return();
    expect(resumed).toHaveBeenCalledOnce();
    expect(hand.sink.push(6)).toBe(true);
  });

  it('holds back a late joiner with a long replay as well', async () => {
    const { hand, stream } = start();
    for (const event of range(1, 9)) expect(hand.sink.push(event)).toBe(true);
    const late = stream.iterate({ onSlow: 'pause' });
    expect(hand.sink.push(10)).toBe(false);
    for (let read = 0; read < 10; read++) await late.next();
    expect(hand.sink.push(11)).toBe(true);
  });

  it('stops a pulled source from being pulled', async () => {
    let pulled = 0;
    const manager = createStreamManager<number>(marks);
    const stream = manager.start(async function* () {
      for (;;) yield ++pulled;
    });
    const slow = stream.iterate({ onSlow: 'pause' });
    for (let read = 0; read < 100; read++) await slow.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulled).toBeLessThanOrEqual(100 + marks.highMarkEvents + 1);
    expect((await slow.next()).value).toBe(101);
    await manager.close();
  });

  it('keeps what it has yet to read although the history is full', async () => {
    const { hand, stream } = start({ maxHistoryBytes: 3, highMarkEvents: 5 });
    const slow = stream.iterate({ onSlow: 'pause' });
    for (const event of range(1, 6)) hand.sink.push(event);
    const seen: (number | void)[] = [];
    for (let read = 0; read < 6; read++) seen.push((await slow.next()).value);
    expect(seen).toEqual(range(1, 6));
  });

  it('is detached when the source ignores the pause for a whole history', async () => {
    const { hand, stream } = start({ maxHistoryBytes: 3 });
    const slow = stream.iterate({ onSlow: 'pause' });
    for (const event of range(1, 5)) hand.sink.push(event);
    // What comes in the same turn was on its way before the source could know.
    for (const event of range(6, 20)) hand.sink.push(event);
    expect(stream.info()).toMatchObject({ subscribersCount: 1, historyBytes: 20 });
    await Promise.resolve();
    for (const event of range(21, 23)) hand.sink.push(event);
    expect(stream.info().subscribersCount).toBe(1);
    hand.sink.push(24);
    expect(stream.info()).toMatchObject({ subscribersCount: 0, historyBytes: 3 });
    await expect(slow.next()).rejects.toMatchObject({ name: 'StreamManagerError', code: 'slow-subscriber' });
  });
});

describe('a pause that takes too long', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('ends with the slow subscriber detached and the source resumed', async () => {
    const { hand, stream } = start({ maxPauseMs: 1_000 });
    stream.subscribe(() => {});
    const slow = stream.iterate({ onSlow: 'pause' });
    const resumed = vi.fn();
    hand.sink.onResume(resumed);
    for (const event of range(1, 5)) hand.sink.push(event);
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

  it('has all the time there is', async () => {
    const { hand, stream } = start({ maxPauseMs: 1_000, retainMs: 0 });
    const slow = stream.iterate({ onSlow: 'pause' });
    for (const event of range(1, 9)) hand.sink.push(event);
    hand.sink.end();
    expect(stream.info().paused).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
    for (const event of range(1, 9)) expect((await slow.next()).value).toBe(event);
    expect((await slow.next()).done).toBe(true);
  });
});

describe('a slow `buffer` subscriber', () => {
  it('slows nobody, and reads on as long as the history lasts', async () => {
    const { hand, stream } = start();
    const slow = stream.iterate({ onSlow: 'buffer' });
    expect(range(1, 100).every((event) => hand.sink.push(event))).toBe(true);
    for (const event of range(1, 100)) expect((await slow.next()).value).toBe(event);
  });

  it('is detached when what it has yet to read is trimmed', async () => {
    const { hand, stream } = start({ maxHistoryBytes: 10 });
    const slow = stream.iterate();
    for (const event of range(1, 10)) hand.sink.push(event);
    expect((await slow.next()).value).toBe(1);
    hand.sink.push(11);
    expect((await slow.next()).value).toBe(2);
    for (const event of range(12, 13)) hand.sink.push(event);
    const error: unknown = await slow.next().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StreamManagerError);
    expect(error).toMatchObject({ code: 'slow-subscriber', oldest: stream.info().oldest });
    expect(await slow.next()).toEqual({ done: true, value: undefined });
  });

  it('is detached also when the event that trims is the one at which the stream is ended', async () => {
    const { hand, stream } = start({ maxHistoryBytes: 2 });
    const slow = stream.iterate();
    stream.subscribe((event) => event === 3 && hand.sink.end());
    for (const event of range(1, 3)) hand.sink.push(event);
    await expect(slow.next()).rejects.toMatchObject({ code: 'slow-subscriber' });
    expect((await stream.ended).status).toBe('completed');
  });

  it('is told so at once when it is a callback', () => {
    const { hand, stream } = start({ maxHistoryBytes: 3 });
    const ends: unknown[] = [];
    stream.subscribe({ item: () => new Promise(() => {}), end: (end) => ends.push(end) });
    for (const event of range(1, 5)) hand.sink.push(event);
    expect(ends).toMatchObject([{ status: 'detached', error: { code: 'slow-subscriber' } }]);
  });
});

describe('a slow `drop` subscriber', () => {
  it('skips to the newest events and gets a gap that names what it missed', async () => {
    const { hand, stream } = start({ lowMarkEvents: 2 });
    const slow = stream.iterate({ onSlow: 'drop' });
    for (const event of range(1, 10)) hand.sink.push(event);
    const positionOf = (index: number): string => `${stream.info().oldest?.split('-')[0]}-${index}`;
    expect((await slow.next()).value).toEqual({ type: 'gap', from: positionOf(0), to: positionOf(7) });
    expect(slow.position).toBe(positionOf(7));
    expect((await slow.next()).value).toBe(9);
    expect((await slow.next()).value).toBe(10);
  });

  it('misses nothing while it lags by no more than the high mark', async () => {
    const { hand, stream } = start();
    const slow = stream.iterate({ onSlow: 'drop' });
    for (const event of range(1, 4)) hand.sink.push(event);
    for (const event of range(1, 4)) expect((await slow.next()).value).toBe(event);
  });

  it('gets one gap also for what was trimmed meanwhile', async () => {
    const { hand, stream } = start({ maxHistoryBytes: 2, lowMarkEvents: 3 });
    const slow = stream.iterate({ onSlow: 'drop' });
    for (const event of range(1, 20)) hand.sink.push(event);
    expect((await slow.next()).value).toMatchObject({ type: 'gap', to: expect.stringMatching(/-17$/) });
    expect((await slow.next()).value).toBe(19);
  });

  it('always gets the newest event, however large', async () => {
    const { hand, stream } = start({ sizeOf: () => 1_000, highMarkBytes: 10 });
    const slow = stream.iterate({ onSlow: 'drop' });
    for (const event of range(1, 3)) hand.sink.push(event);
    expect((await slow.next()).value).toMatchObject({ type: 'gap' });
    expect((await slow.next()).value).toBe(3);
  });
});

describe('a slow `disconnect` subscriber', () => {
  it('is detached past the high mark, at once', async () => {
    const { hand, stream } = start();
    const slow = stream.iterate({ onSlow: 'disconnect' });
    for (const event of range(1, 4)) hand.sink.push(event);
    expect(stream.info().subscribersCount).toBe(1);
    hand.sink.push(5);
    expect(stream.info().subscribersCount).toBe(0);
    await expect(slow.next()).rejects.toMatchObject({ code: 'slow-subscriber' });
  });

  it('is not detached for one event that is large', async () => {
    const { hand, stream } = start({ sizeOf: () => 1_000, highMarkBytes: 10 });
    const slow = stream.iterate({ onSlow: 'disconnect' });
    hand.sink.push(1);
    expect((await slow.next()).value).toBe(1);
  });
});
