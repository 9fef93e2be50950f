import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { libraries } from './redis/redis-clients.ts';
import { type Node, numbers, type NodeOptions, openNode, read, share, upTo } from './redis/redis-nodes.ts';
import { type RedisServer, startRedis } from './redis/redis-server.ts';

vi.setConfig({ maxConcurrency: 3 });

let redis: RedisServer;
beforeAll(async () => void (redis = await startRedis()));
afterAll(() => redis[Symbol.asyncDispose]());

/** Ends a test that has lost its stream. */
function never(): never {
  throw new Error('the stream is not there');
}

/** Three nodes over the Redis of this file. */
async function open(options?: NodeOptions): Promise<[Node, Node, Node] & AsyncDisposable> {
  const nodes = await Promise.all([0, 1, 2].map(() => openNode(redis.port, options)));
  return Object.assign(nodes as [Node, Node, Node], {
    async [Symbol.asyncDispose]() {
      await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
    },
  });
}

describe.for(Object.keys(libraries))('over %s, a stream', (library) => {
  it('is the same on every node: events, positions, metadata, end; from the start and from a position', async () => {
    await using nodes = await open({ library });
    const [one, other] = nodes;
    const id = randomUUID();
    const { source, started } = numbers();
    const stream = one.manager.start(source, { id, metadata: { user: 7 } });
    await one.manager.attach(id);
    const copy = await other.manager.attach(id);
    expect(copy.info().metadata).toEqual({ user: 7 });
    const early = read(copy);
    const sink = await started();
    for (const number of upTo(50)) sink.push(number);
    await early.has(50);
    const own = read(stream);
    await own.has(50);
    expect(early.items).toEqual(upTo(50));
    expect(early.positions).toEqual(own.positions);
    const late = read(copy, { from: early.positions[9] ?? '' });
    await late.has(40);
    expect(late.items).toEqual(upTo(50).slice(10));
    sink.push(50);
    sink.end('done');
    expect(await early.end).toEqual({ status: 'completed', result: 'done', eventsCount: 51 });
    expect(early.items).toEqual(upTo(51));
    await own.end;
    expect(own.items).toEqual(upTo(51));
  });

  it('is replayed after its end on a node that comes later', async () => {
    await using nodes = await open({ library });
    const [one, other] = nodes;
    const id = randomUUID();
    const { source, started } = numbers();
    one.manager.start(source, { id });
    const sink = await started();
    for (const number of upTo(2_000)) sink.push(number);
    sink.end('done');
    // Closing waits until the end is stored.
    await one.manager.close();
    const copy = await other.manager.attach(id);
    expect(await copy.ended).toMatchObject({ status: 'completed', result: 'done' });
    const reader = read(copy);
    await reader.end;
    expect(reader.items).toEqual(upTo(2_000));
  });

  it('is stopped from another node, with its reason, and the first of two reasons counts', async () => {
    await using nodes = await open({ library });
    const [one, other, third] = nodes;
    const id = randomUUID();
    const { source, started } = numbers();
    const stream = one.manager.start(source, { id });
    const sink = await started();
    sink.push(0);
    const copies = [await other.manager.attach(id), await third.manager.attach(id)] as const;
    copies[0].stop('enough');
    copies[1].stop('never mind');
    const ends = await Promise.all([stream, ...copies].map(({ ended }) => ended));
    expect(new Set(ends.map(({ reason }) => reason)).size).toBe(1);
    expect(ends.map(({ status }) => status)).toEqual(['stopped', 'stopped', 'stopped']);
    expect(sink.signal.aborted).toBe(true);
  });

  it('of an unknown id is not found, and an id that would choose a key of its own is refused', async () => {
    await using nodes = await open({ library });
    const [{ manager }] = nodes;
    await expect(manager.attach(randomUUID())).rejects.toMatchObject({ code: 'stream-not-found' });
    for (const id of ['{', '}', 'a\nb', 'a'.repeat(257), '\ud800']) {
      await expect(manager.attach(id)).rejects.toThrow(TypeError);
      expect(() => manager.start(numbers().source, { id })).toThrow(TypeError);
    }
  });

  it('that is started on three nodes at once runs on one, and the others join it', async () => {
    await using nodes = await open({ library });
    const id = randomUUID();
    const sources = nodes.map(() => numbers());
    const streams = nodes.map(({ manager }, index) =>
      manager.start(sources[index]?.source ?? numbers().source, { id, onDuplicate: 'join' }),
    );
    await Promise.all(nodes.map(({ manager }) => manager.attach(id)));
    expect(sources.flatMap(({ sinks }) => sinks)).toHaveLength(1);
    const [sink] = sources.flatMap(({ sinks }) => sinks);
    const readers = streams.map((stream) => read(stream));
    for (const number of upTo(20)) sink?.push(number);
    sink?.end('done');
    for (const reader of readers) {
      expect(await reader.end).toMatchObject({ status: 'completed' });
      expect(reader.items).toEqual(upTo(20));
    }
  });

  it('whose id another node has fails as a duplicate, unless it may join', async () => {
    await using nodes = await open({ library });
    const [one, other] = nodes;
    const id = randomUUID();
    one.manager.start(numbers().source, { id });
    await one.manager.attach(id);
    const refused = numbers();
    const { error } = await other.manager.start(refused.source, { id }).ended;
    expect(error).toMatchObject({ code: 'duplicate-id' });
    expect(refused.sinks).toEqual([]);
  });

  it('continues when the connections of all nodes are lost, again and again', async () => {
    await using nodes = await open({ library });
    const [one, other] = nodes;
    const { sink, far: reader } = await share(one, other);
    for (let round = 0; round < 5; round += 1) {
      for (let number = 0; number < 10; number += 1) {
        sink.push(round * 30 + number);
        await reader.has(round * 30 + number + 1);
      }
      if (round % 2 === 0) other.network.drop();
      else await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      for (let number = 10; number < 20; number += 1) sink.push(round * 30 + number);
      if (round % 2 === 0) one.network.drop();
      for (let number = 20; number < 30; number += 1) sink.push(round * 30 + number);
      await reader.has(round * 30 + 30);
    }
    sink.end('done');
    expect(await reader.end).toMatchObject({ status: 'completed' });
    expect(reader.items).toEqual(upTo(150));
  });

  it('continues when the scripts are flushed, and when everything is', async () => {
    await using nodes = await open({ library });
    const [one, other, third] = nodes;
    const { id, sink, far: reader } = await share(one, other);
    for (const number of upTo(10)) sink.push(number);
    await reader.has(10);
    await redis.command('SCRIPT', 'FLUSH');
    for (const number of upTo(10)) sink.push(10 + number);
    await reader.has(20);
    await redis.command('FLUSHALL');
    for (const number of upTo(10)) sink.push(20 + number);
    await reader.has(30);
    // What was flushed is stored again, so a node that comes later has all of it.
    const late = read(await third.manager.attach(id));
    await late.has(30);
    sink.end('done');
    expect(await reader.end).toMatchObject({ status: 'completed' });
    expect(await late.end).toMatchObject({ status: 'completed' });
    expect(reader.items).toEqual(upTo(30));
    expect(late.items).toEqual(upTo(30));
  });

  // From here on the tests wait for leases, side by side, and touch nothing of each other's.

  it.concurrent('ends as producer-lost on every node when its process is gone, with everything that was stored', async () => {
    await using nodes = await open({ library });
    const [one, other, third] = nodes;
    const id = randomUUID();
    const { source, started } = numbers();
    const stream = one.manager.start(source, { id });
    await one.manager.attach(id);
    const readers = [read(await other.manager.attach(id)), read(await third.manager.attach(id))] as const;
    const sink = await started();
    for (const number of upTo(30)) sink.push(number);
    await Promise.all(readers.map((reader) => reader.has(30)));
    one.network.freeze();
    for (const reader of readers) {
      expect(await reader.end).toMatchObject({ status: 'failed', error: { code: 'producer-lost' } });
      expect(reader.items).toEqual(upTo(30));
    }
    // A process that was cut off learns it when it is back: one end everywhere.
    sink.push(30);
    one.network.thaw();
    expect(await stream.ended).toMatchObject({ status: 'failed', error: { code: 'producer-lost' } });
    expect(sink.signal.aborted).toBe(true);
    const late = await third.manager.attach(id);
    expect(await late.ended).toMatchObject({ status: 'failed', error: { code: 'producer-lost' } });
  });

  it.concurrent('is continued by a joined start that can, from the next position on, and readers notice nothing', async () => {
    await using nodes = await open({ library });
    const [one, other, third] = nodes;
    const id = randomUUID();
    const first = numbers({ canResume: true });
    one.manager.start(first.source, { id });
    await one.manager.attach(id);
    const reader = read(await third.manager.attach(id));
    const sink = await first.started();
    for (const number of upTo(30)) sink.push(number);
    await reader.has(30);
    one.network.freeze();
    // A retry that comes before the lease is over follows the dead stream, and takes over when it is.
    const second = numbers({ canResume: true });
    const joined = read(other.manager.start(second.source, { id, onDuplicate: 'join' }));
    const heir = await second.started();
    expect(second.resumedAfter).toEqual([upTo(30)]);
    for (const number of upTo(30)) heir.push(30 + number);
    await joined.has(60);
    // A reader that is ahead of the first process, which does not know yet, waits for its end there.
    const ahead = read(one.manager.get(id) ?? never(), { from: joined.positions.at(-1) ?? '' });
    heir.end('done');
    for (const copy of [reader, joined]) {
      expect(await copy.end).toMatchObject({ status: 'completed', result: 'done' });
      expect(copy.items).toEqual(upTo(60));
      expect(new Set(copy.positions.map((position) => position.split('-')[0])).size).toBe(1);
    }
    one.network.thaw();
    expect(await ahead.end).toMatchObject({ status: 'failed', error: { code: 'producer-lost' } });
    expect(ahead.items).toEqual([]);
  });

  it.concurrent('is continued by a start that comes after the lease is over', async ({ expect: expectHere }) => {
    await using nodes = await open({ library });
    const [one, other] = nodes;
    const id = randomUUID();
    const first = numbers({ canResume: true });
    one.manager.start(first.source, { id, metadata: 'of the first' });
    await one.manager.attach(id);
    const sink = await first.started();
    for (const number of upTo(500)) sink.push(number);
    const key = `gs:{${id}}:meta`;
    await expectHere.poll(() => redis.command('HGET', key, 'n')).toBe('500');
    one.network.freeze();
    await expectHere.poll(async () => overdueBy(key), { timeout: 60_000, interval: 100 }).toBeGreaterThan(0);
    const second = numbers({ canResume: true });
    const stream = other.manager.start(second.source, { id, onDuplicate: 'join' });
    const heir = await second.started();
    expect(second.resumedAfter).toEqual([upTo(500)]);
    expect(stream.info().metadata).toBe('of the first');
    heir.end('done');
    const reader = read(stream);
    await reader.end;
    expect(reader.items).toEqual(upTo(500));
    expect(await stream.ended).toMatchObject({ status: 'completed' });
    one.network.thaw();
  });

  it.concurrent('is handed over by a process that closes, to one that has joined it and to one that comes later', async () => {
    await using nodes = await open({ library });
    const [leaving, heir, other] = nodes;
    const [id, late] = [randomUUID(), randomUUID()];
    const first = numbers({ canResume: true });
    const second = numbers({ canResume: true });
    for (const [streamId, { source }] of [[id, first] as const, [late, second] as const]) {
      leaving.manager.start(source, { id: streamId, lingerMs: Infinity });
      await leaving.manager.attach(streamId);
    }
    const [sink, lateSink] = [await first.started(), await second.started()];
    const next = numbers({ canResume: true });
    heir.manager.start(next.source, { id, onDuplicate: 'join' });
    const far = read(await other.manager.attach(id));
    for (const number of upTo(20)) sink.push(number);
    lateSink.push(0);
    await leaving.manager.close({ handOver: true });
    const resumed = await next.started();
    expect(next.resumedAfter).toEqual([upTo(20)]);
    resumed.push(20);
    resumed.end('done');
    expect(await far.end).toMatchObject({ status: 'completed', eventsCount: 21 });
    expect(far.items).toEqual(upTo(21));
    const last = numbers({ canResume: true });
    other.manager.start(last.source, { id: late });
    (await last.started()).end('done');
    expect(last.resumedAfter).toEqual([[0]]);
    expect(await other.manager.get(late)?.ended).toMatchObject({ status: 'completed', eventsCount: 1 });
  });

  it.concurrent('keeps running for readers of other nodes only, and lingers out when the last one has left', async () => {
    await using nodes = await open({ library, manager: { lingerMs: 300 } });
    const [one, other] = nodes;
    const id = randomUUID();
    const { source, started } = numbers();
    const stream = one.manager.start(source, { id });
    // Reads until the other node does, which may take longer than the linger time.
    const own = read(stream);
    const sink = await started();
    await one.manager.attach(id);
    const reader = read(await other.manager.attach(id));
    own.leave();
    // Several linger times.
    for (const number of upTo(15)) {
      sink.push(number);
      await reader.has(number + 1);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(stream.info().status).toBe('active');
    reader.leave();
    expect(await stream.ended).toMatchObject({ status: 'stopped', reason: 'no-subscribers' });
  });
});

it('a hundred streams with thousands of writes a second are whole on another node, and so are their ends', async () => {
  await using nodes = await open();
  const [one, other] = nodes;
  const streams = await Promise.all(upTo(100).map(() => share(one, other)));
  for (const number of upTo(100)) {
    for (const { sink } of streams) sink.push(number);
    // Each event is a write of its own.
    await Promise.all(streams.map(({ far }) => far.has(number + 1)));
  }
  for (const { sink } of streams) sink.end('done');
  for (const { far } of streams) {
    expect(await far.end).toEqual({ status: 'completed', result: 'done', eventsCount: 100 });
    expect(far.items).toEqual(upTo(100));
  }
});

/** The milliseconds since the lease in a hash was over. */
async function overdueBy(key: string): Promise<number> {
  const [seconds = '0', micros = '0'] = (await redis.command('TIME')).split('\n');
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000) - Number(await redis.command('HGET', key, 'l'));
}
