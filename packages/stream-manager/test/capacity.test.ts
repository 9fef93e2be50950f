import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStreamManager, type ManagedStream, type StreamManagerOptions } from '../src/index.ts';
import { createCapacity } from '../src/capacity.ts';
import { manualSource, type ManualSource } from './manual-source.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A manager whose streams' sources tell the order in which they were started. */
function startAll(options: StreamManagerOptions<number>) {
  const manager = createStreamManager<number>(options);
  const started: string[] = [];
  const manuals = new Map<string, ManualSource<number, void>>();
  const start = (id: string, key?: string): ManagedStream<number> => {
    const manual = manualSource();
    manuals.set(id, manual);
    return manager.start(
      {
        start(sink) {
          started.push(id);
          manual.start(sink);
        },
      },
      { id, key },
    );
  };
  const end = (id: string): void => manuals.get(id)?.sink.end();
  return { manager, started, start, end, manuals };
}

it('a place that is left twice is free once', () => {
  const capacity = createCapacity({ maxStreams: 1, maxStreamsPerKey: Infinity, maxQueuedStreams: 10 });
  const run: string[] = [];
  const enter = (id: string) =>
    capacity.enter(
      undefined,
      () => run.push(id),
      () => {},
    );
  const first = enter('a');
  for (const id of ['b', 'c']) enter(id);
  first?.leave();
  first?.leave();
  expect(run).toEqual(['a', 'b']);
});

describe('past maxStreams', () => {
  it('streams queue, and are started in order as others end', () => {
    const { started, start, end, manager } = startAll({ maxStreams: 2 });
    const streams = ['a', 'b', 'c', 'd'].map((id) => start(id));
    expect(started).toEqual(['a', 'b']);
    expect(streams.map((stream) => stream.info().status)).toEqual(['starting', 'starting', 'queued', 'queued']);
    expect(manager.stats()).toMatchObject({ starting: 2, queued: 2 });
    end('b');
    expect(started).toEqual(['a', 'b', 'c']);
    end('a');
    end('c');
    expect(started).toEqual(['a', 'b', 'c', 'd']);
    expect(manager.stats()).toMatchObject({ starting: 1, queued: 0, completed: 3 });
  });

  it('a queued stream can be subscribed to, and delivers when it starts', () => {
    const { start, end, manuals } = startAll({ maxStreams: 1 });
    start('a');
    const seen: number[] = [];
    start('b').subscribe((event) => seen.push(event));
    end('a');
    manuals.get('b')?.sink.push(1);
    expect(seen).toEqual([1]);
  });

  it('keys take turns: one with many streams does not keep out one with few', () => {
    const { started, start, end } = startAll({ maxStreams: 1 });
    start('first');
    for (const id of ['a1', 'a2', 'a3']) start(id, 'a');
    for (const id of ['b1', 'b2']) start(id, 'b');
    start('c1', 'c');
    for (let count = 0; count < 6; count += 1) end(started.at(-1) ?? '');
    expect(started).toEqual(['first', 'a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('start throws past maxQueuedStreams', () => {
    const { start, manager } = startAll({ maxStreams: 1, maxQueuedStreams: 1 });
    start('a');
    start('b');
    expect(() => start('c')).toThrow(expect.objectContaining({ code: 'max-streams', limit: 1, streamId: 'c' }));
    expect(manager.get('c')).toBeUndefined();
    expect(manager.stats()).toMatchObject({ started: 2, queued: 1 });
    expect(() => start('c')).toThrow(expect.objectContaining({ code: 'max-streams' }));
  });

  it('start throws at once without a queue', () => {
    const { start, end } = startAll({ maxStreams: 1, maxQueuedStreams: 0 });
    start('a');
    expect(() => start('b')).toThrow(expect.objectContaining({ code: 'max-streams' }));
    end('a');
    expect(start('b').info().status).toBe('starting');
  });

  it('a queued stream fails with queue-timeout when its time is over, and its source is never started', async () => {
    const { started, start, end } = startAll({ maxStreams: 1, queueTimeoutMs: 500 });
    start('a');
    const waiting = start('b');
    vi.advanceTimersByTime(499);
    expect(waiting.info().status).toBe('queued');
    vi.advanceTimersByTime(1);
    expect(await waiting.ended).toMatchObject({ status: 'failed', error: { code: 'queue-timeout', limit: 500 } });
    end('a');
    expect(started).toEqual(['a']);
  });

  it('a stream that got its place in time keeps it', () => {
    const { start, end } = startAll({ maxStreams: 1, queueTimeoutMs: 500 });
    start('a');
    const waiting = start('b');
    end('a');
    vi.advanceTimersByTime(1_000);
    expect(waiting.info().status).toBe('starting');
  });

  it('a stream that is stopped while it waits gives up its place in the queue', async () => {
    const { started, start, end } = startAll({ maxStreams: 1 });
    start('a');
    const waiting = start('b');
    start('c');
    waiting.stop('changed my mind');
    expect(await waiting.ended).toMatchObject({ status: 'stopped', reason: 'changed my mind' });
    end('a');
    expect(started).toEqual(['a', 'c']);
  });

  it('10,000 streams that wait can all be stopped, from the front or the back', () => {
    const { started, start, end, manager } = startAll({ maxStreams: 1, retainMs: 0 });
    start('first');
    const waiting = Array.from({ length: 10_000 }, (_, index) => start(`${index}`, `key ${index % 7}`));
    waiting.forEach((stream, index) => (index % 2 === 0 ? stream.stop() : undefined));
    for (const stream of waiting.toReversed()) stream.stop();
    end('first');
    expect(started).toEqual(['first']);
    expect(manager.stats()).toMatchObject({ queued: 0, starting: 0, stopped: 10_000, evicted: 10_001 });
  });

  it('10,000 streams that end as they start do not run into each other', () => {
    const manager = createStreamManager<number>({ maxStreams: 1, retainMs: 0 });
    const first = manualSource();
    manager.start(first);
    for (let count = 0; count < 9_999; count += 1) manager.start({ start: (sink) => sink.end() });
    first.sink.end();
    expect(manager.stats()).toMatchObject({ queued: 0, starting: 0, completed: 10_000 });
  });
});

describe('past maxStreamsPerKey', () => {
  it("a key's streams wait for each other, others do not wait for them", () => {
    const { started, start, end } = startAll({ maxStreamsPerKey: 1 });
    start('a1', 'a');
    start('a2', 'a');
    start('b1', 'b');
    start('none1');
    start('none2');
    expect(started).toEqual(['a1', 'b1', 'none1', 'none2']);
    end('b1');
    expect(started).not.toContain('a2');
    end('a1');
    expect(started.at(-1)).toBe('a2');
  });
});

describe('coolDown', () => {
  it("parks a key's queue until its time", () => {
    const { started, start, manuals } = startAll({});
    start('a1', 'a');
    manuals.get('a1')?.sink.coolDown('a', Date.now() + 1_000);
    const parked = start('a2', 'a');
    start('b1', 'b');
    expect(started).toEqual(['a1', 'b1']);
    expect(parked.info().status).toBe('queued');
    vi.advanceTimersByTime(999);
    expect(parked.info().status).toBe('queued');
    vi.advanceTimersByTime(1);
    expect(started).toEqual(['a1', 'b1', 'a2']);
  });

  it('gives no precedence to a stream that a released stream starts', () => {
    const { started, start, manuals, manager } = startAll({});
    start('a1', 'a');
    manuals.get('a1')?.sink.coolDown('a', Date.now() + 1_000);
    manager.start({ start: () => void start('a4', 'a') }, { key: 'a', id: 'a2' });
    start('a3', 'a');
    vi.advanceTimersByTime(1_000);
    expect(started).toEqual(['a1', 'a3', 'a4']);
  });

  it('can only be extended', () => {
    const { started, start, manuals } = startAll({});
    start('a1', 'a');
    const sink = manuals.get('a1')?.sink;
    sink?.coolDown('a', Date.now() + 1_000);
    sink?.coolDown('a', Date.now() + 10);
    start('a2', 'a');
    vi.advanceTimersByTime(999);
    expect(started).toEqual(['a1']);
    sink?.coolDown('a', Date.now() + 1_000);
    vi.advanceTimersByTime(999);
    expect(started).toEqual(['a1']);
    vi.advanceTimersByTime(1);
    expect(started).toEqual(['a1', 'a2']);
  });

  it('does nothing for a past time, and waits for a far one', () => {
    const { started, start, manuals } = startAll({ queueTimeoutMs: Infinity });
    start('a1', 'a');
    manuals.get('a1')?.sink.coolDown('a', Date.now() - 1);
    start('a2', 'a');
    expect(started).toEqual(['a1', 'a2']);
    const days = 40 * 86_400_000;
    manuals.get('a1')?.sink.coolDown('a', Date.now() + days);
    start('a3', 'a');
    vi.advanceTimersByTime(days - 1);
    expect(started).toEqual(['a1', 'a2']);
    vi.advanceTimersByTime(1);
    expect(started).toEqual(['a1', 'a2', 'a3']);
  });
});
