import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStreamManager, type LifecycleEvent } from '../src/index.ts';
import { manualSource } from './manual-source.ts';
import { readAll } from './read-all.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('lingering', () => {
  it('a stream stops lingerMs after its last subscriber left, and aborts its source', () => {
    const manual = manualSource();
    const stream = createStreamManager<number>({ lingerMs: 100 }).start(manual);
    const first = stream.subscribe(() => {});
    const second = stream.subscribe(() => {});
    first.unsubscribe();
    vi.advanceTimersByTime(1_000);
    second.unsubscribe();
    vi.advanceTimersByTime(99);
    expect(stream.info().status).toBe('starting');
    vi.advanceTimersByTime(1);
    expect(stream.info()).toMatchObject({ status: 'stopped', reason: 'no-subscribers' });
    expect(manual.sink.signal).toMatchObject({ aborted: true, reason: 'no-subscribers' });
  });

  it('a subscriber that comes back ends the lingering', () => {
    const stream = createStreamManager<number>({ lingerMs: 100 }).start(manualSource());
    stream.subscribe(() => {}).unsubscribe();
    vi.advanceTimersByTime(99);
    stream.subscribe(() => {});
    vi.advanceTimersByTime(1_000);
    expect(stream.info().status).toBe('starting');
  });

  it('lingering counts from the start of the source if no subscriber ever came', () => {
    const manager = createStreamManager<number>({ lingerMs: 100, maxStreams: 1 });
    const first = manualSource();
    manager.start(first).subscribe(() => {});
    const waiting = manager.start(manualSource());
    vi.advanceTimersByTime(1_000);
    expect(waiting.info().status).toBe('queued');
    first.sink.end();
    vi.advanceTimersByTime(99);
    expect(waiting.info().status).toBe('starting');
    vi.advanceTimersByTime(1);
    expect(waiting.info().status).toBe('stopped');
  });

  it('a stream that got its subscriber while it was queued does not linger out under it', () => {
    const manager = createStreamManager<number>({ lingerMs: 100, maxStreams: 1 });
    const first = manualSource();
    manager.start(first, { lingerMs: Infinity });
    const waiting = manager.start(manualSource());
    const subscription = waiting.subscribe(() => {});
    first.sink.end();
    vi.advanceTimersByTime(1_000);
    expect(waiting.info().status).toBe('starting');
    subscription.unsubscribe();
    vi.advanceTimersByTime(100);
    expect(waiting.info().status).toBe('stopped');
  });

  it('a stream with lingerMs 0 stops at once when the last subscriber leaves, and waits for a first one', () => {
    const stream = createStreamManager<number>().start(manualSource(), { lingerMs: 0 });
    vi.advanceTimersByTime(60_000);
    expect(stream.info().status).toBe('starting');
    stream.subscribe(() => {}).unsubscribe();
    expect(stream.info().status).toBe('stopped');
  });

  it('a stream with lingerMs Infinity continues without subscribers', () => {
    const stream = createStreamManager<number>().start(manualSource(), { lingerMs: Infinity });
    stream.subscribe(() => {}).unsubscribe();
    vi.advanceTimersByTime(10 * 86_400_000);
    expect(stream.info().status).toBe('starting');
  });
});

describe('stopping', () => {
  it('stop by id returns whether there was a stream to stop', () => {
    const manager = createStreamManager<number>();
    manager.start(manualSource(), { id: 'a' });
    expect(manager.stop('a', 'enough')).toBe(true);
    expect(manager.stop('a')).toBe(false);
    expect(manager.stop('never there')).toBe(false);
    expect(manager.get('a')?.info()).toMatchObject({ status: 'stopped', reason: 'enough' });
  });

  it.for<[string, object, (push: (event: number) => boolean) => void]>([
    ['max-stream-events', { maxStreamEvents: 2 }, (push) => [1, 2, 3].forEach(push)],
    ['max-stream-bytes', { maxStreamBytes: 20, sizeOf: () => 10 }, (push) => [1, 2, 3].forEach(push)],
    ['max-stream-duration', { maxStreamDurationMs: 50 }, (push) => [1, 2].forEach(push)],
  ])('a stream stops past a cap, with the reason %s', ([reason, options, act]) => {
    const manual = manualSource();
    const stream = createStreamManager<number>(options).start(manual);
    const seen: unknown[] = [];
    stream.subscribe({ item: (event) => seen.push(event), end: (end) => seen.push(end) });
    act((event) => manual.sink.push(event));
    vi.advanceTimersByTime(50);
    expect(seen).toEqual([1, 2, { status: 'stopped', reason, eventsCount: 2 }]);
    expect(manual.sink.signal.aborted).toBe(true);
  });
});

describe('a stream that comes exactly to its caps', () => {
  it('a stream that reaches its caps exactly completes', async () => {
    const manual = manualSource();
    const stream = createStreamManager<number>({ maxStreamEvents: 2, maxStreamBytes: 20, sizeOf: () => 10 }).start(
      manual,
    );
    manual.sink.push(1);
    manual.sink.push(2);
    manual.sink.end();
    expect(await stream.ended).toMatchObject({ status: 'completed', eventsCount: 2 });
  });
});

describe('an ended stream', () => {
  it('an ended stream can be found and replayed with its end for retainMs, and is then evicted', async () => {
    const manual = manualSource();
    const manager = createStreamManager<number>({ retainMs: 100 });
    const stream = manager.start(manual, { id: 'a' });
    manual.sink.push(1);
    manual.sink.end();
    vi.advanceTimersByTime(99);
    expect(await readAll(await manager.attach('a'))).toEqual([1]);
    expect(manager.stats()).toMatchObject({ retained: 1, completed: 1 });
    vi.advanceTimersByTime(1);
    expect(manager.get('a')).toBeUndefined();
    await expect(manager.attach('a')).rejects.toMatchObject({ code: 'stream-not-found', streamId: 'a' });
    expect(manager.stats()).toMatchObject({ retained: 0, retainedBytes: 0, evicted: 1 });
    expect(await readAll(stream)).toEqual([1]);
  });

  it.for<[string, object]>([
    ['bytes', { maxRetainedBytes: 25 }],
    ['number', { maxRetainedStreams: 2 }],
  ])('ended streams are evicted if there are too many by %s: first those that ended first', ([, options]) => {
    const manager = createStreamManager<number>({ ...options, sizeOf: () => 10 });
    const live = manager.start(manualSource(), { id: 'live' });
    for (const id of ['a', 'b', 'c']) {
      manager.start(
        {
          start(sink) {
            sink.push(1);
            sink.end();
          },
        },
        { id },
      );
    }
    expect(manager.list().map(({ id }) => id)).toEqual(['live', 'b', 'c']);
    expect(manager.stats()).toMatchObject({ retained: 2, retainedBytes: 20, evicted: 1 });
    expect(live.info().status).toBe('starting');
  });

  it('an ended stream counts its result, which may be all that it holds', () => {
    const manager = createStreamManager<never, string>({ maxRetainedBytes: 5_000 });
    for (const id of ['a', 'b', 'c']) manager.start({ start: (sink) => sink.end('x'.repeat(1_000)) }, { id });
    expect(manager.list().map(({ id }) => id)).toEqual(['b', 'c']);
    expect(manager.stats().retainedBytes).toBeGreaterThan(4_000);
  });

  it('a stream whose result has a getter that throws ends all the same', () => {
    const manager = createStreamManager<never, object>();
    const result = {
      get text(): string {
        throw new Error('not now');
      },
    };
    const stream = manager.start({ start: (sink) => sink.end(result) }, { id: 'a' });
    expect(stream.info().status).toBe('completed');
    expect(manager.stats()).toMatchObject({ retained: 1, retainedBytes: 0, active: 0 });
  });

  it('ended streams are kept up to the very byte of maxRetainedBytes, and not beyond it', () => {
    const manager = createStreamManager<number>({ maxRetainedBytes: 10, sizeOf: (event) => event });
    for (const bytes of [5, 5, 1]) {
      const manual = manualSource();
      manager.start(manual);
      manual.sink.push(bytes);
      manual.sink.end();
      const isFull = bytes === 1;
      expect(manager.stats()).toMatchObject(isFull ? { retainedBytes: 6, evicted: 1 } : { evicted: 0 });
    }
  });

  it('an ended stream with retainMs 0 is evicted at once', () => {
    const manager = createStreamManager<number>();
    const manual = manualSource();
    manager.start(manual, { id: 'a', retainMs: 0 });
    manual.sink.end();
    expect(manager.list()).toEqual([]);
  });
});

describe('ids', () => {
  it('ids are 128 random bits', () => {
    const manager = createStreamManager<number>();
    const ids = Array.from({ length: 300 }, () => manager.start(manualSource()).id);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(ids).size).toBe(300);
  });

  it('a taken id throws, or is joined on request without a second start of the source', () => {
    const manager = createStreamManager<number>();
    const manual = manualSource();
    const stream = manager.start(manual, { id: 'a' });
    const again = manualSource();
    expect(() => manager.start(again, { id: 'a' })).toThrow(expect.objectContaining({ code: 'duplicate-id' }));
    expect(manager.start(again, { id: 'a', onDuplicate: 'join' })).toBe(stream);
    expect(again.starts).toBe(0);
    expect(manual.starts).toBe(1);
  });

  it('an id that is used again starts another epoch: an old position is history-lost', async () => {
    const manager = createStreamManager<number>({ retainMs: 0 });
    const run = () => {
      const manual = manualSource();
      const stream = manager.start(manual, { id: 'a' });
      manual.sink.push(1);
      return { manual, stream, position: stream.info().oldest };
    };
    const first = run();
    first.manual.sink.end();
    const second = run();
    const lost = expect.objectContaining({ code: 'history-lost', oldest: second.position });
    expect(() => second.stream.subscribe(() => {}, { from: first.position })).toThrow(lost);
    expect(() => second.stream.iterate({ from: first.position, onHistoryLost: 'gap' })).toThrow(lost);
    expect(() => second.stream.iterate({ from: 'no position' })).toThrow(lost);
    expect(second.stream.info().subscribersCount).toBe(0);
  });
});

describe('history', () => {
  const full = () => {
    const manual = manualSource();
    const stream = createStreamManager<number>({ maxHistoryBytes: 3, sizeOf: () => 1 }).start(manual);
    for (const event of [1, 2, 3, 4, 5]) manual.sink.push(event);
    const position = (index: number): string => `${stream.info().oldest?.split('-')[0]}-${index}`;
    return { manual, stream, position };
  };

  it('history keeps the newest events within maxHistoryBytes, also of an active stream', () => {
    const { stream, position } = full();
    expect(stream.info()).toMatchObject({ historyBytes: 3, eventsCount: 5, oldest: position(2) });
  });

  it.for([Number.NaN, -1, Infinity])('history counts a size of %s as 0, and continues to trim', (size) => {
    const manual = manualSource();
    const stream = createStreamManager<number>({
      maxHistoryBytes: 3,
      sizeOf: (event) => (event === 1 ? size : 1),
    }).start(manual);
    for (const event of [1, 2, 3, 4, 5]) manual.sink.push(event);
    expect(stream.info().historyBytes).toBe(3);
  });

  it('history keeps the newest event, however large', () => {
    const manual = manualSource();
    const stream = createStreamManager<number>({ maxHistoryBytes: 3, sizeOf: (event) => event }).start(manual);
    manual.sink.push(1);
    manual.sink.push(100);
    expect(stream.info()).toMatchObject({ historyBytes: 100, eventsCount: 2 });
  });

  it.for(['start', 'position 0'])('a replay from %s throws history-lost with the oldest position', (from) => {
    const { stream, position } = full();
    expect(() => stream.subscribe(() => {}, { from: from === 'start' ? 'start' : position(0) })).toThrow(
      expect.objectContaining({ code: 'history-lost', oldest: position(2) }),
    );
  });

  it('history is replayed from the oldest position still held', async () => {
    const { manual, stream, position } = full();
    manual.sink.end();
    expect(await readAll(stream.iterate({ from: position(1) }))).toEqual([3, 4, 5]);
    expect(await readAll(stream.iterate({ from: position(4) }))).toEqual([]);
    expect(await readAll(stream.iterate({ from: position(5) }))).toEqual([]);
    expect(() => stream.iterate({ from: position(6) })).toThrow(expect.objectContaining({ code: 'history-lost' }));
  });

  it('lost history is a gap, on request, for iterators and callbacks', async () => {
    const { manual, stream, position } = full();
    const seen: unknown[] = [];
    stream.subscribe((item, at) => seen.push([item, at]), { from: position(0), onHistoryLost: 'gap' });
    await Promise.resolve();
    const gap = { type: 'gap', from: position(1), to: position(1) };
    expect(seen.slice(0, 2)).toEqual([
      [gap, position(1)],
      [3, position(2)],
    ]);
    manual.sink.end();
    const fromStart = { type: 'gap', from: position(0), to: position(1) };
    expect(await readAll(stream.iterate({ onHistoryLost: 'gap' }))).toEqual([fromStart, 3, 4, 5]);
  });

  it('history has no position beyond the last event until the stream ends', () => {
    const { stream, position } = full();
    expect(() => stream.iterate({ from: position(5) })).toThrow(expect.objectContaining({ code: 'history-lost' }));
  });
});

describe('closing', () => {
  it('close stops everything, refuses new streams, and evicts all', async () => {
    const manager = createStreamManager<number>({ maxStreams: 1 });
    const manual = manualSource();
    const running = manager.start(manual);
    const queued = manager.start(manualSource());
    await manager.close();
    expect(await running.ended).toMatchObject({ status: 'stopped', reason: 'manager-closed' });
    expect(await queued.ended).toMatchObject({ status: 'stopped', reason: 'manager-closed' });
    expect(() => manager.start(manualSource())).toThrow(expect.objectContaining({ code: 'manager-closed' }));
    expect(manager.list()).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('close lets running streams end for drainMs, stops the rest, and starts no queued one', async () => {
    const manager = createStreamManager<number>({ maxStreams: 2 });
    const quick = manualSource();
    const first = manager.start(quick);
    const slow = manager.start(manualSource());
    const queued = manager.start(manualSource());
    for (const stream of [first, slow]) stream.subscribe(() => {});
    const closed = manager.close({ drainMs: 1_000 });
    expect(queued.info().status).toBe('stopped');
    vi.advanceTimersByTime(500);
    quick.sink.push(1);
    quick.sink.end();
    vi.advanceTimersByTime(500);
    await closed;
    expect((await first.ended).status).toBe('completed');
    expect(await slow.ended).toMatchObject({ status: 'stopped', reason: 'manager-closed' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it.for<[options: object, message: string]>([
    [{ handover: true }, 'close: unknown option handover; did you mean handOver?'],
    [{ handOver: 'yes' }, 'handOver: expected true or false, got string'],
    [{ drainMs: -1 }, 'drainMs: expected a number of 0 or more, got -1'],
  ])('close refuses %j, and stops nothing', async ([options, message]) => {
    const manager = createStreamManager<number>();
    const stream = manager.start(manualSource());
    stream.subscribe(() => {});
    expect(() => manager.close(options)).toThrow(new TypeError(message));
    expect(stream.info().endedAt).toBeUndefined();
    await manager.close();
  });

  it('close resolves as soon as the last stream has ended by itself', async () => {
    const manager = createStreamManager<number>();
    const manual = manualSource();
    manager.start(manual);
    const closed = manager.close({ drainMs: 60_000 });
    manual.sink.end();
    await closed;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('the end of a scope closes the manager', async () => {
    const manual = manualSource();
    {
      await using manager = createStreamManager<number>();
      manager.start(manual);
    }
    expect(manual.sink.signal.aborted).toBe(true);
  });
});

describe('reports', () => {
  it('info, list and stats report what happened', () => {
    vi.setSystemTime(1_000);
    const manager = createStreamManager<number>({ maxStreams: 1, sizeOf: () => 7 });
    const manual = manualSource();
    const stream = manager.start(manual, { id: 'a', key: 'model', metadata: { user: 7 } });
    manager.start(manualSource(), { id: 'b' });
    vi.setSystemTime(2_000);
    manual.sink.push(1);
    vi.setSystemTime(3_000);
    manual.sink.push(2);
    const [epoch] = stream.info().oldest?.split('-') ?? [];
    expect(stream.info()).toEqual({
      id: 'a',
      key: 'model',
      metadata: { user: 7 },
      status: 'active',
      createdAt: 1_000,
      startedAt: 1_000,
      firstEventAt: 2_000,
      lastEventAt: 3_000,
      endedAt: undefined,
      eventsCount: 2,
      subscribersCount: 0,
      historyBytes: 14,
      oldest: `${epoch}-0`,
      endPosition: undefined,
      paused: false,
      error: undefined,
      reason: undefined,
    });
    const ids = (filter: Parameters<typeof manager.list>[0]): string[] => manager.list(filter).map(({ id }) => id);
    expect(ids({})).toEqual(['a', 'b']);
    expect(ids({ status: 'queued' })).toEqual(['b']);
    expect(ids({ status: ['active', 'queued'] })).toEqual(['a', 'b']);
    expect(ids({ key: 'model' })).toEqual(['a']);
    expect(manager.stats()).toMatchObject({ started: 2, active: 1, queued: 1, events: 2 });
  });

  it('lifecycle events come in order', () => {
    const events: LifecycleEvent[] = [];
    const manager = createStreamManager<number>({
      maxStreams: 1,
      retainMs: 10,
      maxLagEvents: 1,
      onLifecycle: (event) => void events.push(event),
    });
    const first = manualSource();
    const second = manualSource();
    manager.start(first, { id: 'a', key: 'k' });
    const stream = manager.start(second, { id: 'b' });
    first.sink.push(1);
    first.sink.end();
    const slow = stream.iterate({ onSlow: 'pause' });
    second.sink.push(1);
    second.sink.push(2);
    void slow.return();
    stream.stop('enough');
    vi.advanceTimersByTime(10);
    expect(events.map(({ type, id }) => `${id} ${type}`)).toEqual([
      'a stream-start',
      'b stream-queue',
      'a stream-active',
      'a stream-end',
      'b stream-start',
      'b stream-active',
      'b stream-pause',
      'b stream-resume',
      'b stream-end',
      'a stream-evict',
      'b stream-evict',
    ]);
    expect(events[3]).toMatchObject({ key: 'k', status: 'completed', eventsCount: 1, durationMs: 0 });
    expect(events[8]).toMatchObject({ status: 'stopped', reason: 'enough', eventsCount: 2 });
  });
});

it('a lifecycle listener that throws affects no stream, and its error is not swallowed', () => {
  const uncaught: (() => void)[] = [];
  vi.stubGlobal('queueMicrotask', (callback: () => void) => uncaught.push(callback));
  const manual = manualSource();
  const stream = createStreamManager<number>({
    onLifecycle() {
      throw new Error('mine');
    },
  }).start(manual);
  vi.unstubAllGlobals();
  expect(stream.info().status).toBe('starting');
  expect(uncaught).toHaveLength(1);
  expect(uncaught[0]).toThrow('mine');
});
