import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createStreamManager,
  type LedStream,
  type PushSource,
  type StreamLeader,
  type StreamLog,
  type StreamManagerOptions,
  StreamManagerError,
  type StreamSink,
} from '../src/index.ts';
import { manualSource } from './manual-source.ts';
import { at, createNodes, record, settle } from './nodes.ts';
import { readAll } from './read-all.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A source that can resume, with the events that it was given. */
function resumableSource() {
  const sinks: StreamSink<number, string>[] = [];
  const resumedAfter: number[][] = [];
  const source: PushSource<number, string> = {
    start: (sink) => void sinks.push(sink),
    resume(sink, events) {
      sinks.push(sink);
      resumedAfter.push([...events]);
    },
  };
  return { source, sinks, resumedAfter };
}

describe('a claim', () => {
  it('is answered before the source is started, and the stream is queued until then', async () => {
    const { nodes } = createNodes(1);
    const manual = manualSource<number, string>();
    const stream = at(nodes, 0).start(manual, { id: 'tides' });
    expect(stream.info().status).toBe('queued');
    expect(manual.starts).toBe(0);
    await settle();
    expect(stream.info().status).toBe('starting');
    expect(at(nodes, 0).stats()).toMatchObject({ queued: 0, starting: 1, started: 1 });
  });

  it('is not made for a stream with shared: false, which other nodes cannot find', async () => {
    const { memory, nodes } = createNodes(2);
    const manual = manualSource<number, string>();
    at(nodes, 0).start(manual, { id: 'own', shared: false });
    expect(manual.starts).toBe(1);
    await settle();
    expect(memory.streams.size).toBe(0);
    expect((await at(nodes, 0).attach('own')).id).toBe('own');
    await expect(at(nodes, 1).attach('own')).rejects.toMatchObject({ code: 'stream-not-found', streamId: 'own' });
  });

  it('is awaited by attach, so that other nodes find a stream whose start was answered', async () => {
    const { nodes } = createNodes(2);
    at(nodes, 0).start(manualSource<number, string>(), { id: 'tides' });
    await at(nodes, 0).attach('tides');
    expect((await at(nodes, 1).attach('tides')).info().status).toBe('starting');
  });

  it('waits for a place as well, and holds while it waits', async () => {
    const { nodes } = createNodes(2, { maxStreams: 1 });
    const [first, second] = [manualSource<number, string>(), manualSource<number, string>()];
    at(nodes, 0).start(first, { id: 'first' });
    at(nodes, 0).start(second, { id: 'second' });
    await settle();
    const copy = record(await at(nodes, 1).attach('second'));
    await settle();
    expect(second.starts).toBe(0);
    first.sink.end('done');
    expect(second.starts).toBe(1);
    second.sink.push(1);
    expect(copy.items).toEqual([1]);
  });

  it('of an id that another node has fails the stream, and attach then finds the other one', async () => {
    const { nodes } = createNodes(2);
    const [owner, late] = [manualSource<number, string>(), manualSource<number, string>()];
    at(nodes, 0).start(owner, { id: 'tides' });
    await settle();
    owner.sink.push(7);
    const refused = at(nodes, 1).start(late, { id: 'tides' });
    expect(await refused.ended).toMatchObject({ status: 'failed', error: { code: 'duplicate-id' }, eventsCount: 0 });
    expect(late.starts).toBe(0);
    expect(record(await at(nodes, 1).attach('tides')).items).toEqual([]);
    expect(at(nodes, 1).stats()).toMatchObject({ failed: 1, retained: 0, starting: 0 });
  });

  it('that is refused while attach waits for it lets attach find the other node', async () => {
    const { nodes } = createNodes(2);
    at(nodes, 0).start(manualSource<number, string>(), { id: 'tides' });
    await settle();
    const refused = at(nodes, 1).start(manualSource<number, string>(), { id: 'tides' });
    const attached = await at(nodes, 1).attach('tides');
    expect(refused.info().status).toBe('failed');
    expect(attached.info().status).toBe('starting');
  });

  it('of a stream that was stopped meanwhile hides the stream of the other node neither now nor later', async () => {
    const { nodes } = createNodes(2);
    const original = at(nodes, 0).start(manualSource<number, string>(), { id: 'tides' });
    await settle();
    at(nodes, 1).start(manualSource<number, string>(), { id: 'tides' }).stop();
    await settle();
    const copy = await at(nodes, 1).attach('tides');
    record(copy);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(at(nodes, 1).get('tides')).toBe(copy);
    expect(original.info().status).toBe('starting');
  });

  it('that joins follows the other node, is in no count and gives its place back', async () => {
    const { nodes } = createNodes(2, { maxStreams: 1 });
    const [owner, late] = [manualSource<number, string>(), manualSource<number, string>()];
    const original = at(nodes, 0).start(owner, { id: 'tides', metadata: { user: 'ada' } });
    await settle();
    owner.sink.push(1);
    const joined = at(nodes, 1).start(late, { id: 'tides', onDuplicate: 'join', metadata: { user: 'eve' } });
    const reader = record(joined);
    await at(nodes, 1).attach('tides');
    owner.sink.push(2);
    expect(reader.items).toEqual([1, 2]);
    expect(reader.positions[1]).toBe(reader.subscription.position);
    expect(reader.positions).toEqual(record(original).positions.concat(reader.positions));
    expect(joined.info().metadata).toEqual({ user: 'ada' });
    expect(late.starts).toBe(0);
    expect(at(nodes, 1).stats()).toMatchObject({ queued: 0, starting: 0, active: 0, started: 0 });
    expect(at(nodes, 1).list()).toEqual([]);
    at(nodes, 1).start(late, { id: 'other' });
    await settle();
    expect(late.starts).toBe(1);
  });

  it('of one id on three nodes at once starts one source, and all have one stream', async () => {
    const { nodes } = createNodes(3);
    const sources = nodes.map(() => manualSource<number, string>());
    const readers = nodes.map((node, index) =>
      record(node.start(at(sources, index), { id: 'tides', onDuplicate: 'join' })),
    );
    await settle();
    const started = sources.filter(({ starts }) => starts === 1);
    expect(started.length).toBe(1);
    at(started, 0).sink.push(1);
    at(started, 0).sink.end('done');
    for (const { items, ends, positions } of readers) {
      expect(items).toEqual([1]);
      expect(positions).toEqual(at(readers, 0).positions);
      expect(ends).toEqual([{ status: 'completed', result: 'done', eventsCount: 1 }]);
    }
  });

  it('that is refused by the log fails the stream', async () => {
    const memory = createNodes(1).memory.open();
    const log = { ...memory, check() {}, lead: () => Promise.reject(new Error('unknown format')) };
    const manager = createStreamManager<number>({ streamLog: () => log });
    const stream = manager.start(manualSource());
    expect(await stream.ended).toMatchObject({ status: 'failed', error: { message: 'unknown format' } });
  });
});

describe('a copy', () => {
  it('has the history, what follows and the end, under the same positions', async () => {
    const { nodes } = createNodes(2);
    const owner = manualSource<number, string>();
    const original = record(at(nodes, 0).start(owner, { id: 'tides', metadata: { user: 'ada' } }));
    await settle();
    owner.sink.push(1);
    owner.sink.push(2);
    const stream = await at(nodes, 1).attach('tides');
    expect(stream.info()).toMatchObject({ status: 'active', eventsCount: 2, metadata: { user: 'ada' } });
    const copy = record(stream);
    await settle();
    owner.sink.push(3);
    owner.sink.end('done');
    expect(copy).toMatchObject({ items: [1, 2, 3], positions: original.positions, ends: original.ends });
    expect(await stream.ended).toEqual({ status: 'completed', result: 'done', eventsCount: 3 });
    expect(at(nodes, 1).get('tides')).toBe(stream);
    expect(at(nodes, 1).stats()).toMatchObject({ started: 0, completed: 0, events: 0, retained: 0 });
    expect(await readAll(await at(nodes, 1).attach('tides'))).toEqual([1, 2, 3]);
  });

  it('leaves the stream in the log when the stream has ended', async () => {
    const { memory, nodes } = createNodes(2);
    const source = manualSource<number, string>();
    at(nodes, 0).start(source, { id: 'tides' });
    await settle();
    const copy = await at(nodes, 1).attach('tides');
    const stored = memory.streams.get('tides');
    expect(stored?.followers.size).toBe(1);
    source.sink.end('whole');
    await settle();
    expect(copy.info().status).toBe('completed');
    expect(stored?.followers.size).toBe(0);
  });

  it('has the error of a failed stream by name, message and code', async () => {
    const { nodes } = createNodes(2);
    const owner = manualSource<number, string>();
    at(nodes, 0).start(owner, { id: 'tides' });
    await settle();
    owner.sink.fail(Object.assign(new RangeError('too far'), { code: 'E_FAR' }), 'a part');
    const { ended } = await at(nodes, 1).attach('tides');
    expect(await ended).toMatchObject({
      status: 'failed',
      error: { name: 'RangeError', message: 'too far', code: 'E_FAR' },
      result: 'a part',
    });
  });

  it('has the error without a code if there was none', async () => {
    const { nodes } = createNodes(2);
    const owner = manualSource<number, string>();
    at(nodes, 0).start(owner, { id: 'tides' });
    await settle();
    owner.sink.fail(new RangeError('too far'));
    const { error } = await (await at(nodes, 1).attach('tides')).ended;
    expect(error).toMatchObject({ name: 'RangeError', message: 'too far' });
    expect(error).not.toHaveProperty('code');
  });

  it('stops the stream, which ends everywhere with the reason', async () => {
    const { nodes } = createNodes(2);
    const owner = manualSource<number, string>();
    const original = at(nodes, 0).start(owner, { id: 'tides' });
    await settle();
    owner.sink.signal.addEventListener('abort', () => owner.sink.end('a part'));
    const copy = await at(nodes, 1).attach('tides');
    expect(at(nodes, 1).stop('tides', 'deleted')).toBe(true);
    expect(owner.sink.signal).toMatchObject({ aborted: true, reason: 'deleted' });
    const end = { status: 'stopped', reason: 'deleted', result: 'a part', eventsCount: 0 };
    expect(await original.ended).toEqual(end);
    expect(await copy.ended).toEqual(end);
  });

  it('is stopped by a joined start that was stopped before its claim was answered', async () => {
    const { nodes } = createNodes(2);
    const original = at(nodes, 0).start(manualSource<number, string>(), { id: 'tides' });
    await settle();
    at(nodes, 1).start(manualSource<number, string>(), { id: 'tides', onDuplicate: 'join' }).stop('deleted');
    await settle();
    expect(original.info()).toMatchObject({ status: 'stopped', reason: 'deleted' });
    expect((await at(nodes, 1).attach('tides')).info()).toMatchObject({ status: 'stopped', reason: 'deleted' });
  });

  it('is left by a manager that closes before its claim was answered, and the stream continues', async () => {
    const { nodes } = createNodes(2);
    const original = at(nodes, 0).start(manualSource<number, string>(), { id: 'tides' });
    await settle();
    at(nodes, 1).start(manualSource<number, string>(), { id: 'tides', onDuplicate: 'join' });
    const closing = at(nodes, 1).close();
    await vi.advanceTimersByTimeAsync(1);
    await closing;
    expect(original.info().status).toBe('starting');
  });

  it('keeps readers whose position is ahead of it waiting, and does not repeat what they have', async () => {
    const { memory, nodes } = createNodes(2);
    const owner = manualSource<number, string>();
    const original = record(at(nodes, 0).start(owner, { id: 'tides' }));
    await settle();
    owner.sink.push(1);
    const stream = await at(nodes, 1).attach('tides');
    memory.isAway = true;
    for (const event of [2, 3]) owner.sink.push(event);
    const ahead = record(stream, { from: at(original.positions, 2) });
    const pulled = stream.iterate({ from: at(original.positions, 2) });
    await settle();
    expect(ahead.items).toEqual([]);
    memory.comeBack();
    owner.sink.push(4);
    expect(ahead.items).toEqual([4]);
    expect(await pulled.next()).toEqual({ done: false, value: 4 });
    expect(() => record(stream, { from: '12-0' })).toThrow(expect.objectContaining({ code: 'history-lost' }));
  });

  it('gives the end to a reader that holds more than the log', async () => {
    const { memory, nodes } = createNodes(2);
    const owner = manualSource<number, string>();
    const original = record(at(nodes, 0).start(owner, { id: 'tides' }));
    await settle();
    owner.sink.push(1);
    memory.isAway = true;
    owner.sink.push(2);
    memory.isAway = false;
    const stream = await at(nodes, 1).attach('tides');
    const before = record(stream, { from: at(original.positions, 1) });
    memory.lose('tides');
    const after = record(stream, { from: at(original.positions, 1) });
    await settle();
    const end = { status: 'failed', error: { code: 'producer-lost', streamId: 'tides' }, eventsCount: 1 };
    expect(before).toMatchObject({ items: [], ends: [end] });
    expect(after).toMatchObject({ items: [], ends: [end] });
  });

  it('is shared by calls of attach that overlap', async () => {
    const { memory, nodes } = createNodes(2);
    at(nodes, 0).start(manualSource<number, string>(), { id: 'tides' });
    await settle();
    const [first, second] = await Promise.all([at(nodes, 1).attach('tides'), at(nodes, 1).attach('tides')]);
    expect(first).toBe(second);
    expect(memory.followsCount).toBe(1);
  });

  it('is not made if the stream is started here while attach waits', async () => {
    const { nodes } = createNodes(1);
    const attached = at(nodes, 0).attach('tides');
    const started = at(nodes, 0).start(manualSource<number, string>(), { id: 'tides' });
    expect(await attached).toBe(started);
  });

  it('is dropped a second after its last reader left, and follows again for a handle that was kept', async () => {
    const { memory, nodes } = createNodes(2);
    const owner = manualSource<number, string>();
    at(nodes, 0).start(owner, { id: 'tides', lingerMs: Infinity });
    await settle();
    owner.sink.push(0);
    const stream = await at(nodes, 1).attach('tides');
    const followers = memory.streams.get('tides')?.followers;
    record(stream).subscription.unsubscribe();
    await vi.advanceTimersByTimeAsync(999);
    expect(followers?.size).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(followers?.size).toBe(0);
    expect(at(nodes, 1).get('tides')).toBeUndefined();
    owner.sink.push(1);
    const reader = record(stream);
    await settle();
    owner.sink.push(2);
    expect(reader.items).toEqual([0, 1, 2]);
    stream.stop('enough');
    expect(owner.sink.signal).toMatchObject({ aborted: true, reason: 'enough' });
    expect(reader.ends).toMatchObject([{ status: 'stopped', reason: 'enough' }]);
  });

  it('that was dropped still stops the stream, also when the log answers later', async () => {
    const { memory, nodes } = createNodes(2);
    const owner = manualSource<number, string>();
    const original = at(nodes, 0).start(owner, { id: 'tides', lingerMs: Infinity });
    await settle();
    const stream = await at(nodes, 1).attach('tides');
    await vi.advanceTimersByTimeAsync(1_000);
    memory.isAway = true;
    stream.stop('deleted');
    await vi.advanceTimersByTimeAsync(3_000);
    expect(original.info().status).toBe('starting');
    memory.comeBack();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(original.info()).toMatchObject({ status: 'stopped', reason: 'deleted' });
  });

  it('is kept while its end is awaited', async () => {
    const { nodes } = createNodes(2);
    const owner = manualSource<number, string>();
    at(nodes, 0).start(owner, { id: 'tides', lingerMs: Infinity });
    await settle();
    const { ended } = await at(nodes, 1).attach('tides');
    await vi.advanceTimersByTimeAsync(60_000);
    owner.sink.end('done');
    expect(await ended).toMatchObject({ status: 'completed', result: 'done' });
  });

  it('whose history the log has lost fails with history-lost', async () => {
    const { memory, nodes } = createNodes(2);
    at(nodes, 0).start(manualSource<number, string>(), { id: 'tides' });
    await settle();
    const stream = await at(nodes, 1).attach('tides');
    memory.lose('tides', 'history-lost');
    expect(await stream.ended).toMatchObject({ status: 'failed', error: { code: 'history-lost', streamId: 'tides' } });
  });

  it('skips what was trimmed before it was read: a reader is detached, or gets a gap if it drops', async () => {
    const { memory, nodes } = createNodes(3, { maxHistoryBytes: 2, sizeOf: () => 1 });
    const owner = manualSource<number, string>();
    at(nodes, 0).start(owner, { id: 'tides' });
    await settle();
    owner.sink.push(0);
    const stream = await at(nodes, 1).attach('tides');
    const whole = record(stream);
    const dropping = record(stream, { onSlow: 'drop' });
    await settle();
    memory.isAway = true;
    for (const event of [1, 2, 3, 4]) owner.sink.push(event);
    memory.comeBack();
    await settle();
    expect(whole).toMatchObject({ items: [0], ends: [{ status: 'detached', error: { code: 'slow-subscriber' } }] });
    expect(dropping.items).toMatchObject([0, { type: 'gap' }, 3, 4]);
    expect(dropping.items[1]).toMatchObject({ from: expect.stringMatching(/-1$/), to: expect.stringMatching(/-2$/) });
    const late = await at(nodes, 2).attach('tides');
    for (const copy of [stream, late]) {
      const oldest = expect.stringMatching(/-3$/);
      expect(() => record(copy)).toThrow(expect.objectContaining({ code: 'history-lost', oldest }));
    }
    const latest = record(late, { onHistoryLost: 'gap' });
    await settle();
    expect(latest.items).toMatchObject([{ type: 'gap' }, 3, 4]);
    expect(latest.positions.slice(1)).toEqual(dropping.positions.slice(2));
  });

  it('gets a burst in slices, so that a reader that keeps up is not trimmed past', async () => {
    const { memory, nodes } = createNodes(2, {
      maxHistoryBytes: 400_000,
      sizeOf: () => 50_000,
      codec: wideCodec,
    });
    const owner = manualSource<number, string>();
    at(nodes, 0).start(owner, { id: 'tides', maxHistoryBytes: Infinity });
    await settle();
    const stream = await at(nodes, 1).attach('tides');
    const read: number[] = [];
    const reader = stream.subscribe((event) => {
      read.push(event);
      return Promise.resolve();
    });
    memory.isAway = true;
    const events = Array.from({ length: 20 }, (_, index) => index);
    for (const event of events) owner.sink.push(event);
    memory.comeBack();
    owner.sink.end('done');
    await vi.advanceTimersByTimeAsync(100);
    expect(read).toEqual(events);
    expect(await reader.ended).toMatchObject({ status: 'completed' });
  });

  it('that cannot be decoded fails in the process that cannot read it, and nowhere else', async () => {
    const { memory, nodes } = createNodes(1);
    const owner = manualSource<number, string>();
    const original = at(nodes, 0).start(owner, { id: 'tides' });
    await settle();
    owner.sink.push(1);
    const decodeEvent = (): number => {
      throw new Error('a format of tomorrow');
    };
    const old = createStreamManager<number, string>({
      streamLog: () => memory.open(),
      codec: { ...wideCodec, decodeEvent },
    });
    expect(await (await old.attach('tides')).ended).toMatchObject({
      status: 'failed',
      error: { message: 'a format of tomorrow' },
      eventsCount: 0,
    });
    expect(original.info().status).toBe('active');
  });
});

it.for([
  ['one\ntwo', 'codec: expected one line of text, got several'],
  [7, 'codec: expected one line of text, got number'],
] as const)('a codec that writes %j instead of a line fails the stream and says so', async ([line, message]) => {
  const { memory } = createNodes(0);
  const codec = { ...wideCodec, encodeEvent: () => line as string };
  const manager = createStreamManager<number, string>({ streamLog: () => memory.open(), codec });
  const source = manualSource<number, string>();
  const stream = manager.start(source, { id: 'tides' });
  await settle();
  source.sink.push(1);
  expect(await stream.ended).toMatchObject({ status: 'failed', error: { name: 'TypeError', message } });
});

/** Writes a number as 50,000 characters. */
const wideCodec: NonNullable<StreamManagerOptions<number, string>['codec']> = {
  encodeEvent: (event) => String(event).padEnd(50_000),
  decodeEvent: (line) => Number(line),
  encodeEnd: (end) => JSON.stringify(end),
  decodeEnd: (line) => JSON.parse(line) as never,
};

describe('lingering with a log', () => {
  it('counts the readers of other nodes, and ends when the last of them has left', async () => {
    const { nodes } = createNodes(2);
    const stream = at(nodes, 0).start(manualSource<number, string>(), { id: 'tides', lingerMs: 5_000 });
    await settle();
    const reader = record(await at(nodes, 1).attach('tides'));
    expect(stream.info().subscribersCount).toBe(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stream.info().status).toBe('starting');
    reader.subscription.unsubscribe();
    await vi.advanceTimersByTimeAsync(10_000 + 1_000);
    expect(stream.info()).toMatchObject({ status: 'stopped', reason: 'no-subscribers' });
    expect(reader.ends).toEqual([]);
  });

  it('continues while the log cannot know', async () => {
    const { memory, nodes } = createNodes(1);
    const stream = at(nodes, 0).start(manualSource<number, string>(), { id: 'tides', lingerMs: 5_000 });
    await settle();
    memory.isAway = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stream.info().status).toBe('starting');
    memory.comeBack();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(stream.info().status).toBe('stopped');
  });

  it('starts over for a subscriber that came and left while the log was asked', async () => {
    const { memory, nodes } = createNodes(1);
    const stream = at(nodes, 0).start(manualSource<number, string>(), { id: 'tides', lingerMs: 5_000 });
    await settle();
    const [leader] = memory.leaders;
    let answer: ((isFollowed: boolean) => void) | undefined;
    if (leader !== undefined) leader.isFollowed = () => new Promise((resolve) => (answer = resolve));
    await vi.advanceTimersByTimeAsync(5_000);
    record(stream).subscription.unsubscribe();
    answer?.(false);
    await settle();
    expect(stream.info().status).toBe('starting');
  });

  it('with lingerMs 0 asks again every second', async () => {
    const { nodes } = createNodes(2);
    const stream = at(nodes, 0).start(manualSource<number, string>(), { id: 'tides', lingerMs: 0 });
    await settle();
    const elsewhere = record(await at(nodes, 1).attach('tides'));
    record(stream).subscription.unsubscribe();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(stream.info().status).toBe('starting');
    elsewhere.subscription.unsubscribe();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(stream.info().status).toBe('stopped');
  });
});

describe('a lost process', () => {
  it('ends its streams as producer-lost for everyone, after everything that was stored', async () => {
    const { memory, nodes } = createNodes(3);
    const owner = manualSource<number, string>();
    at(nodes, 0).start(owner, { id: 'tides' });
    await settle();
    owner.sink.push(1);
    const reader = record(await at(nodes, 1).attach('tides'));
    await settle();
    memory.lose('tides');
    const late = record(await at(nodes, 2).attach('tides'));
    await settle();
    for (const { items, ends } of [reader, late]) {
      expect(items).toEqual([1]);
      expect(ends).toMatchObject([{ status: 'failed', error: { name: 'StreamManagerError', code: 'producer-lost' } }]);
    }
  });

  it('that wakes up again fails its stream, aborts the source, and finds the truth in the log', async () => {
    const { memory, nodes } = createNodes(2);
    const owner = manualSource<number, string>();
    const stream = at(nodes, 0).start(owner, { id: 'tides' });
    await settle();
    owner.sink.push(1);
    for (const leader of memory.leaders) leader.isFrozen = true;
    owner.sink.push(2);
    memory.lose('tides');
    owner.sink.signal.addEventListener('abort', () => owner.sink.end('a part'));
    for (const leader of memory.leaders) leader.isFrozen = false;
    memory.comeBack();
    expect(owner.sink.signal).toMatchObject({ aborted: true, reason: { code: 'producer-lost' } });
    expect(await stream.ended).toMatchObject({
      status: 'failed',
      error: { code: 'producer-lost', streamId: 'tides' },
      result: 'a part',
    });
    expect(owner.sink.push(3)).toBe(false);
    expect((await at(nodes, 0).attach('tides')).info()).toMatchObject({ status: 'failed', eventsCount: 1 });
  });

  it('is replaced by a source that can resume: readers see nothing', async () => {
    const { memory, nodes } = createNodes(3);
    const owner = manualSource<number, string>();
    const original = record(at(nodes, 0).start(owner, { id: 'tides', metadata: { user: 'ada' } }));
    await settle();
    for (const event of [1, 2]) owner.sink.push(event);
    const reader = record(await at(nodes, 1).attach('tides'));
    await settle();
    const stored = memory.streams.get('tides');
    if (stored?.leader !== undefined) stored.leader.isFenced = true;
    if (stored !== undefined) stored.leader = undefined;

    const { source, sinks, resumedAfter } = resumableSource();
    const resumed = at(nodes, 2).start(source, { id: 'tides', onDuplicate: 'join' });
    await at(nodes, 2).attach('tides');
    expect(resumedAfter).toEqual([[1, 2]]);
    expect(resumed.info()).toMatchObject({ status: 'active', eventsCount: 2, metadata: { user: 'ada' } });
    expect(at(nodes, 2).stats()).toMatchObject({ started: 1, active: 1, queued: 0, starting: 0 });
    at(sinks, 0).push(3);
    at(sinks, 0).end('done');
    expect(reader.items).toEqual([1, 2, 3]);
    expect(reader.positions.slice(0, 2)).toEqual(original.positions);
    expect(reader.ends).toEqual([{ status: 'completed', result: 'done', eventsCount: 3 }]);
    expect(at(nodes, 2).stats()).toMatchObject({ completed: 1, active: 0 });

    // A reader that comes back to the replaced process is ahead of it: it waits, and gets the end there.
    const stale = at(nodes, 0).get('tides');
    if (stale === undefined) throw new Error('the first process does not know yet');
    const ahead = record(stale, { from: at(reader.positions, 2) });
    expect(ahead).toMatchObject({ items: [], ends: [] });
    owner.sink.push(4);
    await settle();
    expect(ahead.items).toEqual([]);
    expect(ahead.ends).toMatchObject([{ status: 'failed', error: { code: 'producer-lost' } }]);
  });

  it('is taken over by a joined start that followed it when the lease ran out', async () => {
    const { memory, nodes } = createNodes(2);
    const owner = manualSource<number, string>();
    at(nodes, 0).start(owner, { id: 'tides', lingerMs: Infinity });
    await settle();
    owner.sink.push(1);
    const early = record(await at(nodes, 1).attach('tides'));
    const { source, sinks, resumedAfter } = resumableSource();
    const joined = at(nodes, 1).start(source, { id: 'tides', onDuplicate: 'join' });
    await at(nodes, 1).attach('tides');
    // Without a reader it stays for as long as the log needs to notice a lost process.
    await vi.advanceTimersByTimeAsync(4_000);
    expect(at(nodes, 1).stats()).toMatchObject({ started: 0 });
    memory.lose('tides');
    await settle();
    expect(resumedAfter).toEqual([[1]]);
    expect(at(nodes, 1).stats()).toMatchObject({ started: 1, active: 1 });
    at(sinks, 0).push(2);
    at(sinks, 0).end('done');
    expect(await readAll(joined)).toEqual([1, 2]);
    expect(early).toMatchObject({ items: [1, 2], ends: [{ status: 'completed', result: 'done' }] });
  });

  it('whose stream is stopped while it is resumed ends everywhere as stopped, after the stored history', async () => {
    const { memory, nodes } = createNodes(3);
    const owner = manualSource<number, string>();
    at(nodes, 0).start(owner, { id: 'tides' });
    await settle();
    owner.sink.push(1);
    const reader = record(await at(nodes, 1).attach('tides'));
    await settle();
    const stored = memory.streams.get('tides');
    if (stored !== undefined) stored.leader = undefined;
    const { source, sinks } = resumableSource();
    const stopped = at(nodes, 2).start(source, { id: 'tides', onDuplicate: 'join' });
    stopped.stop('deleted');
    await settle();
    expect(sinks).toEqual([]);
    // What was stored comes after its end, and is no part of it here.
    expect(await readAll(stopped)).toEqual([]);
    expect(reader).toMatchObject({ items: [1], ends: [{ status: 'stopped', reason: 'deleted', eventsCount: 1 }] });
  });
});

describe('a log that is away', () => {
  it('delays no stream for the readers of its own process, and others get everything when it is back', async () => {
    const { memory, nodes } = createNodes(2);
    memory.isAway = true;
    const owner = manualSource<number, string>();
    const stream = at(nodes, 0).start(owner, { id: 'tides' });
    const original = record(stream);
    await settle();
    for (const event of [1, 2]) owner.sink.push(event);
    expect(original.items).toEqual([1, 2]);
    await expect(at(nodes, 1).attach('tides')).rejects.toMatchObject({ code: 'log-unavailable' });
    memory.comeBack();
    const copy = record(await at(nodes, 1).attach('tides'));
    await settle();
    owner.sink.end('done');
    expect(copy).toMatchObject({ items: [1, 2], positions: original.positions, ends: original.ends });
  });

  it('that finds another process with the id when it is back fails the later stream with duplicate-id', async () => {
    const { memory, nodes } = createNodes(2);
    memory.isAway = true;
    const streams = nodes.map((node) => node.start(manualSource<number, string>(), { id: 'tides' }));
    await settle();
    memory.comeBack();
    expect(await at(streams, 1).ended).toMatchObject({ status: 'failed', error: { code: 'duplicate-id' } });
    expect(at(streams, 0).info().status).toBe('starting');
    expect(at(nodes, 1).get('tides')).toBeUndefined();
  });

  it('pauses the source on request, and resumes it when everything is stored', async () => {
    const { memory, nodes } = createNodes(1, { maxLagEvents: 4 });
    memory.onSlow = 'pause';
    const owner = manualSource<number, string>();
    const stream = at(nodes, 0).start(owner, { id: 'tides' });
    await settle();
    const onResume = vi.fn();
    owner.sink.onResume(onResume);
    expect(owner.sink.push(0)).toBe(true);
    memory.isAway = true;
    for (const event of [1, 2, 3, 4]) expect(owner.sink.push(event)).toBe(true);
    expect(owner.sink.push(5)).toBe(false);
    expect(stream.info()).toMatchObject({ paused: true, subscribersCount: 0 });
    memory.comeBack();
    expect(onResume).toHaveBeenCalledOnce();
    expect(stream.info().paused).toBe(false);
  });

  it('pauses nothing by default', async () => {
    const { memory, nodes } = createNodes(1, { maxLagEvents: 4 });
    const owner = manualSource<number, string>();
    at(nodes, 0).start(owner, { id: 'tides' });
    await settle();
    memory.isAway = true;
    for (let event = 0; event < 20; event += 1) expect(owner.sink.push(event)).toBe(true);
  });
});

describe('closing a manager with a log', () => {
  it('stores the ends before it resolves', async () => {
    vi.useRealTimers();
    const { memory, nodes } = createNodes(2);
    at(nodes, 0).start(manualSource<number, string>(), { id: 'running' });
    await settle();
    at(nodes, 0).start(manualSource<number, string>(), { id: 'claiming' });
    await at(nodes, 0).close();
    for (const id of ['running', 'claiming']) {
      const { ended } = await at(nodes, 1).attach(id);
      expect(await ended).toMatchObject({ status: 'stopped', reason: 'manager-closed' });
    }
    expect(memory.streams.size).toBe(2);
  });

  it('waits for open claims, and then for the log', async () => {
    const { memory } = createNodes(0);
    const log = memory.open();
    const [answer, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const calls: string[] = [];
    const manager = createStreamManager<number>({
      streamLog: () => ({
        check() {},
        follow: (id) => log.follow(id),
        async lead(request) {
          await answer.promise;
          calls.push('answer');
          return log.lead(request);
        },
        close() {
          calls.push(`close after ${memory.streams.get('tides')?.end?.type}`);
          return closed.promise;
        },
      }),
    });
    manager.start(manualSource(), { id: 'tides' });
    const closing = manager.close().then(() => calls.push('closed'));
    await settle();
    expect(calls).toEqual([]);
    answer.resolve();
    await settle();
    expect(calls).toEqual(['answer', 'close after ended']);
    closed.resolve();
    await closing;
    expect(calls.at(-1)).toBe('closed');
  });

  it('hands over what another process can continue: its readers come to that process, and miss nothing', async () => {
    vi.useRealTimers();
    const { nodes } = createNodes(2);
    const owner = resumableSource();
    const stream = at(nodes, 0).start(owner.source, { id: 'tides' });
    const own = record(stream);
    await settle();
    const heir = resumableSource();
    const far = record(at(nodes, 1).start(heir.source, { id: 'tides', onDuplicate: 'join' }));
    await at(nodes, 1).attach('tides');
    at(owner.sinks, 0).push(1);
    at(owner.sinks, 0).push(2);
    await at(nodes, 0).close({ handOver: true });
    expect(at(owner.sinks, 0).signal.aborted).toBe(true);
    expect(at(owner.sinks, 0).push(3)).toBe(false);
    expect(own.ends).toMatchObject([{ status: 'detached', error: { code: 'manager-closed' } }]);
    expect(await stream.ended).toMatchObject({ status: 'failed', error: { code: 'manager-closed' } });
    await settle();
    expect(heir.resumedAfter).toEqual([[1, 2]]);
    expect(far).toMatchObject({ items: [1, 2], ends: [] });
    const back = record(await at(nodes, 1).attach('tides'), { from: at(own.positions, 0) });
    at(heir.sinks, 0).push(3);
    at(heir.sinks, 0).end('done');
    await settle();
    expect(back.items).toEqual([2, 3]);
    expect(far).toMatchObject({ items: [1, 2, 3], ends: [{ status: 'completed', result: 'done' }] });
  });

  it('hands over to a start that comes later, also a stream that waits for its place', async () => {
    vi.useRealTimers();
    const { nodes } = createNodes(2, { maxStreams: 1 });
    const sources = [resumableSource(), resumableSource()];
    for (const [index, id] of ['tides', 'waiting'].entries()) at(nodes, 0).start(at(sources, index).source, { id });
    await at(nodes, 0).attach('waiting');
    at(at(sources, 0).sinks, 0).push(1);
    await at(nodes, 0).close({ handOver: true });
    const later = resumableSource();
    at(nodes, 1).start(later.source, { id: 'tides' });
    await settle();
    expect(later.resumedAfter).toEqual([[1]]);
    at(later.sinks, 0).end('done');
    const next = resumableSource();
    at(nodes, 1).start(next.source, { id: 'waiting' });
    await settle();
    expect(next.resumedAfter).toEqual([[]]);
  });

  it('stops what no other process can continue, after its time to end', async () => {
    const { memory, nodes } = createNodes(1);
    const plain = manualSource<number, string>();
    const notNow = { ...resumableSource().source, canHandOver: () => false };
    const drained = resumableSource();
    const streams = [plain, notNow, drained.source].map((source, index) =>
      at(nodes, 0).start(source, { id: String(index) }),
    );
    await settle();
    const closed = at(nodes, 0).close({ drainMs: 1_000, handOver: true });
    await vi.advanceTimersByTimeAsync(900);
    expect(streams.map((stream) => stream.info().endedAt)).toEqual([undefined, undefined, undefined]);
    at(drained.sinks, 0).end('done');
    await vi.advanceTimersByTimeAsync(200);
    await closed;
    expect(await Promise.all(streams.map(({ ended }) => ended))).toMatchObject([
      { status: 'stopped', reason: 'manager-closed' },
      { status: 'stopped', reason: 'manager-closed' },
      { status: 'completed', result: 'done' },
    ]);
    expect([...memory.streams.values()].map(({ end }) => end?.type)).toEqual(['ended', 'ended', 'ended']);
    const alone = createStreamManager<number>();
    const ended = alone.start(manualSource()).ended;
    await alone.close({ handOver: true });
    expect(await ended).toMatchObject({ status: 'stopped', reason: 'manager-closed' });
  });

  it('detaches the readers of copies, whose streams continue', async () => {
    const { memory, nodes } = createNodes(2);
    const owner = manualSource<number, string>();
    const original = at(nodes, 0).start(owner, { id: 'tides' });
    await settle();
    const stream = await at(nodes, 1).attach('tides');
    const [atTail, pulled] = [record(stream), stream.iterate()];
    await settle();
    const next = pulled.next();
    void at(nodes, 1).close({ drainMs: 60_000 });
    expect(atTail.ends).toMatchObject([{ status: 'detached', error: { code: 'manager-closed' } }]);
    await expect(next).rejects.toMatchObject({ code: 'manager-closed' });
    expect(memory.streams.get('tides')?.followers.size).toBe(0);
    expect(original.info().status).toBe('starting');
    await expect(at(nodes, 1).attach('other')).rejects.toMatchObject({ code: 'manager-closed' });
    // A handle that was kept does not follow again.
    expect(await stream.ended).toMatchObject({ status: 'failed', error: { code: 'manager-closed' } });
  });
});

describe('what the log keeps', () => {
  it.for<[string, StreamManagerOptions<number, string>, string]>([
    ['streamLog', { streamLog: {} as never }, 'streamLog: expected a function, got object'],
    ['codec', { codec: { encodeEvent: String } as never }, 'codec: expected an object with encodeEvent, decodeEvent'],
    ['a near miss', { streamLogs: () => undefined } as never, 'did you mean streamLog?'],
  ])('an invalid option %s is a TypeError', ([, options, message]) => {
    expect(() => createStreamManager<number, string>(options)).toThrow(message);
  });

  it('an id or metadata that it cannot keep is a TypeError of start, and nothing is started', async () => {
    const { nodes } = createNodes(1);
    const manual = manualSource<number, string>();
    expect(() => at(nodes, 0).start(manual, { id: '{a}' })).toThrow(TypeError);
    expect(() => at(nodes, 0).start(manual, { metadata: 1n })).toThrow('metadata: expected a value that JSON can hold');
    expect(() => at(nodes, 0).start(manual, { shared: 'no' as never })).toThrow('shared: expected true or false');
    await expect(at(nodes, 0).attach('{a}')).rejects.toThrow(TypeError);
    await settle();
    expect(manual.starts).toBe(0);
    expect(at(nodes, 0).stats()).toMatchObject({ queued: 0, started: 0 });
  });

  it.for<[string, (event: number) => string]>([
    ['an error of the codec', () => fail(new Error('no form'))],
    ['a line feed in a line', () => 'two\nlines'],
  ])('%s fails the stream, and copies end after the last event that could be written', async ([, encodeBad]) => {
    const codec = { ...wideCodec, encodeEvent: (event: number) => (event < 2 ? String(event) : encodeBad(event)) };
    const { memory, nodes } = createNodes(2, { codec });
    const owner = manualSource<number, string>();
    const stream = at(nodes, 0).start(owner, { id: 'tides' });
    await settle();
    const copy = record(await at(nodes, 1).attach('tides'));
    await settle();
    for (const event of [0, 1, 2, 3]) owner.sink.push(event);
    expect(stream.info()).toMatchObject({ status: 'failed', eventsCount: 3 });
    expect(copy).toMatchObject({ items: [0, 1], ends: [{ status: 'failed', eventsCount: 2 }] });
    expect(memory.streams.get('tides')?.end).toMatchObject({ line: expect.stringContaining('"eventsCount":2') });
  });

  it('the codec makes the end of a stream that its log ends, from the events and the result that are there', async () => {
    const codec: typeof wideCodec = {
      ...wideCodec,
      failedEnd: ({ code }, events, result, trimmedCount) => ({
        error: new RangeError(code),
        result: `${result}:${events.join()}:${trimmedCount}`,
      }),
    };
    const { memory, nodes } = createNodes(3, { codec, maxHistoryBytes: 16, sizeOf: () => 8 });
    const owner = manualSource<number, string>();
    const original = at(nodes, 0).start(owner, { id: 'tides' });
    await settle();
    for (const event of [0, 1]) owner.sink.push(event);
    const copy = await at(nodes, 1).attach('tides');
    owner.sink.push(2);
    owner.sink.signal.addEventListener('abort', () => owner.sink.end('mine'));
    memory.lose('tides');
    memory.comeBack();
    expect(await copy.ended).toMatchObject({ error: { message: 'producer-lost' }, result: 'undefined:1,2:1' });
    expect(await original.ended).toMatchObject({ error: { message: 'producer-lost' }, result: 'mine:1,2:1' });
    const refused = at(nodes, 2).start(manualSource<number, string>(), { id: 'tides' });
    expect(await refused.ended).toMatchObject({ error: { message: 'duplicate-id' }, result: 'undefined::0' });
  });

  it('the reason of a stop may be an error, or a value that JSON cannot hold', async () => {
    const { nodes } = createNodes(2);
    for (const [id, reason, expected] of [
      ['first', new DOMException('gone', 'AbortError'), { name: 'AbortError', message: 'gone' }],
      ['second', 12n, '12'],
      ['third', new StreamManagerError('max-streams', 'full'), { name: 'StreamManagerError', code: 'max-streams' }],
    ] as const) {
      const stream = at(nodes, 0).start(manualSource<number, string>(), { id });
      await settle();
      (await at(nodes, 1).attach(id)).stop(reason);
      const end = await stream.ended;
      expect(end.status).toBe('stopped');
      if (typeof expected === 'string') expect(end.reason).toBe(expected);
      else expect(end.reason).toMatchObject(expected);
    }
  });
});

function fail(error: Error): never {
  throw error;
}

it('a closed manager keeps no timer for the copies of streams that run elsewhere, and no copy', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { nodes } = createNodes(2, { lingerMs: Infinity, retainMs: Infinity });
    const sources = { running: manualSource<number, string>(), ended: manualSource<number, string>() };
    for (const [id, source] of Object.entries(sources)) at(nodes, 0).start(source, { id });
    await settle();
    sources.ended.sink.end('done');
    const copies = await Promise.all(Object.keys(sources).map((id) => at(nodes, 1).attach(id)));
    const left = record(await at(nodes, 1).attach('running'));
    left.subscription.unsubscribe();
    const stays = record(await at(nodes, 1).attach('running'));
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    await at(nodes, 1).close();
    stays.subscription.unsubscribe();
    expect(vi.getTimerCount()).toBe(0);
    expect(copies.map(({ id }) => at(nodes, 1).get(id))).toEqual([undefined, undefined]);
  } finally {
    vi.useRealTimers();
  }
});

describe('a leader', () => {
  /** A log that leads every stream, and keeps what the manager gives it. */
  function capturingLog() {
    const leds: LedStream[] = [];
    let wakesCount = 0;
    const leader: StreamLeader = {
      start: (led) => void leds.push(led),
      wake: () => void (wakesCount += 1),
      isFollowed: async () => false,
    };
    const log: StreamLog = {
      check() {},
      lead: async () => ({ type: 'led', leader }),
      follow: async () => undefined,
      close: async () => {},
    };
    return { leds, wakes: () => wakesCount, manager: createStreamManager<number, string>({ streamLog: () => log }) };
  }

  it('reads at least one line, and no further ones once they are longer than it wants', async () => {
    const { leds, manager } = capturingLog();
    const owner = manualSource<number, string>();
    manager.start(owner, { id: 'tides' });
    await settle();
    for (const event of [1, 2, 3, 4, 5_000, 6]) owner.sink.push(event);
    const led = at(leds, 0);
    expect(led.read(0, 2)).toEqual(['1', '2', '3']);
    expect(led.read(0, 0)).toEqual(['1']);
    expect(led.read(3, 4)).toEqual(['4', '5000']);
    expect(led.read(5, 100)).toEqual(['6']);
    expect(led.read(6, 100)).toEqual([]);
  });

  it('that pauses the source for longer than maxPauseMs pauses it no more', async () => {
    const { memory, nodes } = createNodes(1, { maxLagEvents: 2, maxPauseMs: 100 });
    memory.onSlow = 'pause';
    const owner = manualSource<number, string>();
    at(nodes, 0).start(owner, { id: 'tides', lingerMs: Infinity });
    await settle();
    let resumesCount = 0;
    owner.sink.onResume(() => void (resumesCount += 1));
    memory.isAway = true;
    const taken = [1, 2, 3, 4].map((event) => owner.sink.push(event));
    expect(taken).toContain(false);
    await vi.advanceTimersByTimeAsync(100);
    expect(resumesCount).toBe(1);
    expect([5, 6, 7, 8].map((event) => owner.sink.push(event))).not.toContain(false);
  });

  it('is not woken for a stream that it has failed', async () => {
    const { leds, wakes, manager } = capturingLog();
    const owner = manualSource<number, string>();
    const stream = manager.start(owner, { id: 'tides' });
    await settle();
    const led = at(leds, 0);
    owner.sink.push(1);
    expect(led.read(0, 100)).toEqual(['1']);
    const before = wakes();
    led.fail('producer-lost');
    expect(stream.info().status).toBe('failed');
    expect(wakes()).toBe(before);
  });

  it('of a lost stream without events has a stream that only starts, until its first event', async () => {
    const { memory, nodes } = createNodes(2);
    at(nodes, 0).start(manualSource<number, string>(), { id: 'tides' });
    await settle();
    memory.forget('tides');
    const { source, sinks } = resumableSource();
    const stream = at(nodes, 1).start(source, { id: 'tides', onDuplicate: 'join' });
    await settle();
    expect(stream.info()).toMatchObject({ status: 'starting', firstEventAt: undefined });
    at(sinks, 0).push(1);
    expect(stream.info().status).toBe('active');
  });

  it('that is stopped before its claim is answered ends the lost stream after all of its events', async () => {
    const { memory, nodes } = createNodes(2, { maxHistoryBytes: 16, sizeOf: () => 8 });
    const owner = manualSource<number, string>();
    at(nodes, 0).start(owner, { id: 'tides' });
    await settle();
    for (const event of [0, 1, 2, 3]) owner.sink.push(event);
    memory.forget('tides');
    expect(memory.streams.get('tides')).toMatchObject({ oldest: 1, lines: ['1', '2', '3'] });
    at(nodes, 1).start(resumableSource().source, { id: 'tides', onDuplicate: 'join' }).stop('enough');
    await settle();
    expect(memory.streams.get('tides')?.end).toMatchObject({ line: expect.stringContaining('"eventsCount":4') });
  });
});
