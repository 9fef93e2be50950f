import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { root } from '../workspace-packages.ts';
import { leaseMs, numbers, openNode, read, share, upTo } from './redis/redis-nodes.ts';
import { startRedis } from './redis/redis-server.ts';

// Each test has a Redis of its own, and waits for leases most of its time.
vi.setConfig({ maxConcurrency: 3 });

const pause = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

describe.for(['redis 6', 'ioredis 6'])('over %s, readers get every event once', (library) => {
  it.concurrent.for([
    ['keeps nothing', []],
    ['keeps a file, written every second', ['--appendonly', 'yes', '--appendfsync', 'everysec']],
    ['keeps a file, written always', ['--appendonly', 'yes', '--appendfsync', 'always']],
  ] as const)('although Redis crashes and comes back: it %s', async ([, args]) => {
    await using redis = await startRedis(...args);
    await using one = await openNode(redis.port, { library });
    await using other = await openNode(redis.port, { library });
    const { id, sink, own, far } = await share(one, other);
    for (const number of upTo(100)) sink.push(number);
    await far.has(50);
    await redis.kill();
    for (const number of upTo(100)) sink.push(100 + number);
    // Its own readers need no Redis.
    await own.has(200);
    await redis.start();
    for (const number of upTo(100)) sink.push(200 + number);
    await far.has(300);
    sink.end('done');
    expect(await far.end).toMatchObject({ status: 'completed', result: 'done' });
    expect(far.items).toEqual(upTo(300));
    // The end is in Redis, and everything before it.
    await using late = await openNode(redis.port, { library });
    const again = read(await late.manager.attach(id));
    expect(await again.end).toMatchObject({ status: 'completed' });
    expect(again.items).toEqual(upTo(300));
  });

  it.concurrent('although Redis stands still for longer than a lease', async () => {
    await using redis = await startRedis();
    await using one = await openNode(redis.port, { library, log: { timeoutMs: 500 } });
    await using other = await openNode(redis.port, { library, log: { timeoutMs: 500 } });
    const { sink, far } = await share(one, other);
    for (const number of upTo(20)) sink.push(number);
    await far.has(20);
    redis.signal('SIGSTOP');
    for (let number = 20; number < 40; number += 1) {
      sink.push(number);
      await pause((3 * leaseMs) / 20);
    }
    redis.signal('SIGCONT');
    await far.has(40);
    sink.end('done');
    expect(await far.end).toMatchObject({ status: 'completed' });
    expect(far.items).toEqual(upTo(40));
  });

  it.concurrent('although a start that can resume comes while Redis stands still for longer than a lease', async () => {
    await using redis = await startRedis();
    await using one = await openNode(redis.port, { library });
    await using other = await openNode(redis.port, { library });
    const { id, stream, sink, far } = await share(one, other, numbers({ canResume: true }));
    for (const number of upTo(20)) sink.push(number);
    await far.has(20);
    await using third = await openNode(redis.port, { library, log: { timeoutMs: 10_000 } });
    redis.signal('SIGSTOP');
    const rival = numbers({ canResume: true });
    third.manager.start(rival.source, { id, onDuplicate: 'join' });
    await pause(2 * leaseMs);
    redis.signal('SIGCONT');
    await third.manager.attach(id);
    for (const number of upTo(20)) sink.push(20 + number);
    sink.end('done');
    expect(await far.end).toMatchObject({ status: 'completed' });
    expect(far.items).toEqual(upTo(40));
    // The process that ran the source was never lost.
    expect(rival.sinks).toEqual([]);
    expect(await stream.ended).toMatchObject({ status: 'completed' });
  });

  it.concurrent('although Redis is full for longer than a lease', async () => {
    await using redis = await startRedis('--maxmemory-policy', 'noeviction');
    await using one = await openNode(redis.port, { library });
    await using other = await openNode(redis.port, { library });
    const { sink, own, far } = await share(one, other);
    for (const number of upTo(20)) sink.push(number);
    await far.has(20);
    await redis.command('CONFIG', 'SET', 'maxmemory', '1mb');
    for (let number = 20; number < 40; number += 1) {
      sink.push(number);
      await pause((3 * leaseMs) / 20);
    }
    await own.has(40);
    expect(far.items).toEqual(upTo(20));
    expect(one.errors.some((error) => String(error).includes('OOM'))).toBe(true);
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    await far.has(40);
    sink.end('done');
    expect(await far.end).toMatchObject({ status: 'completed' });
    expect(far.items).toEqual(upTo(40));
  });

  it.concurrent('although one key of the two is evicted', async () => {
    await using redis = await startRedis();
    await using one = await openNode(redis.port, { library });
    await using other = await openNode(redis.port, { library });
    await using third = await openNode(redis.port, { library });
    const { id, sink, far } = await share(one, other);
    for (const [round, key] of ['log', 'meta', 'log'].entries()) {
      for (const number of upTo(20)) sink.push(round * 20 + number);
      await far.has(round * 20 + 20);
      await redis.command('DEL', `gs:{${id}}:${key}`);
    }
    sink.push(60);
    await far.has(61);
    const late = read(await third.manager.attach(id));
    await late.has(61);
    sink.end('done');
    expect(await far.end).toMatchObject({ status: 'completed' });
    expect(await late.end).toMatchObject({ status: 'completed' });
    expect(far.items).toEqual(upTo(61));
    expect(late.items).toEqual(upTo(61));
  });

  it.concurrent('although the replies to a claim, a write and an end are lost', async () => {
    await using redis = await startRedis();
    await using one = await openNode(redis.port, { library });
    await using other = await openNode(redis.port, { library });
    const id = randomUUID();
    const source = numbers();
    const claimLost = one.network.dropReplyOf(`gs:{${id}}:meta`);
    one.manager.start(source.source, { id });
    await claimLost;
    await one.manager.attach(id);
    const far = read(await other.manager.attach(id));
    const sink = await source.started();
    const writeLost = one.network.dropReplyOf('gs:{');
    for (const number of upTo(20)) sink.push(number);
    await writeLost;
    for (const number of upTo(20)) sink.push(20 + number);
    await far.has(40);
    const endLost = one.network.dropReplyOf('completed');
    sink.end('done');
    await endLost;
    expect(await far.end).toMatchObject({ status: 'completed', result: 'done' });
    expect(far.items).toEqual(upTo(40));
    await one.manager.close();
    // An end that was stored twice is one entry, and nothing else was stored twice.
    expect(await redis.command('HGET', `gs:{${id}}:meta`, 'n')).toBe('40');
  });
});

describe('without Redis', () => {
  it.concurrent('streams start and run for the readers of their process, and are found when it is back', async ({
    expect: expectHere,
  }) => {
    await using redis = await startRedis();
    await using one = await openNode(redis.port, { log: { timeoutMs: 300 } });
    await using other = await openNode(redis.port, { log: { timeoutMs: 300 } });
    await redis.kill();
    const id = randomUUID();
    const source = numbers();
    const stream = one.manager.start(source.source, { id });
    const sink = await source.started();
    for (const number of upTo(20)) sink.push(number);
    const own = read(stream);
    await own.has(20);
    await expect(other.manager.attach(id)).rejects.toMatchObject({ code: 'log-unavailable' });
    await redis.start();
    await expectHere
      .poll(
        () =>
          other.manager.attach(id).then(
            () => true,
            () => false,
          ),
        { timeout: 60_000 },
      )
      .toBe(true);
    const far = read(await other.manager.attach(id));
    sink.end('done');
    expect(await far.end).toMatchObject({ status: 'completed' });
    expect(far.items).toEqual(upTo(20));
  });

  it.concurrent('two processes may start one id: the later claim then ends as duplicate-id', async () => {
    await using redis = await startRedis();
    await using one = await openNode(redis.port, { log: { timeoutMs: 300 } });
    await using other = await openNode(redis.port, { log: { timeoutMs: 300 } });
    await redis.kill();
    const id = randomUUID();
    const sources = [numbers(), numbers()] as const;
    const streams = [one.manager.start(sources[0].source, { id }), other.manager.start(sources[1].source, { id })];
    const sinks = await Promise.all(sources.map((source) => source.started()));
    await redis.start();
    const first = await Promise.race(streams.map(({ ended }) => ended));
    expect(first).toMatchObject({ status: 'failed', error: { code: 'duplicate-id' } });
    const left = sinks.filter(({ signal }) => !signal.aborted);
    expect(left).toHaveLength(1);
    left[0]?.end('done');
    const ends = await Promise.all(streams.map(({ ended }) => ended));
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['completed', 'failed']);
  });

  it.concurrent('a manager closes all the same', async () => {
    await using redis = await startRedis();
    await using one = await openNode(redis.port, { log: { timeoutMs: 300 } });
    const source = numbers();
    const stream = one.manager.start(source.source, { id: randomUUID() });
    await source.started();
    await redis.kill();
    await one.manager.close();
    expect(await stream.ended).toMatchObject({ status: 'stopped', reason: 'manager-closed' });
  });

  it.concurrent('and without the process of a stream, its readers learn that it is lost', async () => {
    await using redis = await startRedis();
    await using one = await openNode(redis.port);
    await using other = await openNode(redis.port);
    const { id, sink, far } = await share(one, other);
    for (const number of upTo(20)) sink.push(number);
    await far.has(20);
    one.network.freeze();
    await redis.kill();
    await redis.start();
    expect(await far.end).toMatchObject({ status: 'failed', error: { code: 'history-lost' } });
    expect(far.items).toEqual(upTo(20));
    await using late = await openNode(redis.port);
    await expect(late.manager.attach(id)).rejects.toMatchObject({ code: 'stream-not-found' });
    one.network.thaw();
  });
});

describe('the rights in the documentation', () => {
  const page = readFileSync(join(root, 'docs/running-several-nodes.md'), 'utf8');
  const rights = /```text acl\n(.*)\n```/.exec(page)?.[1]?.split(' ') ?? [];

  it.concurrent('are all that a node needs', async () => {
    await using redis = await startRedis();
    await redis.command('ACL', 'SETUSER', 'default', 'reset', 'on', 'nopass', ...rights);
    await using one = await openNode(redis.port, { manager: { lingerMs: 100 } });
    await using other = await openNode(redis.port);
    const ids = [randomUUID(), randomUUID()] as const;
    const sources = [numbers(), numbers({ canResume: true })] as const;
    // Read until the other node does, which may take longer than the linger time.
    const own = ids.map((id, index) => read(one.manager.start(sources[index]?.source ?? numbers().source, { id })));
    const copies = await Promise.all(
      ids.map(async (id) => {
        await one.manager.attach(id);
        return other.manager.attach(id);
      }),
    );
    const [stopped, lost] = copies.map((copy) => read(copy));
    for (const reader of own) reader.leave();
    for (const source of sources) (await source.started()).push(0);
    await Promise.all([stopped?.has(1), lost?.has(1)]);
    copies[0]?.stop('enough');
    expect(await stopped?.end).toMatchObject({ status: 'stopped', reason: 'enough' });
    one.network.freeze();
    expect(await lost?.end).toMatchObject({ status: 'failed', error: { code: 'producer-lost' } });
    expect(other.errors).toEqual([]);
    expect(one.errors.filter((error) => String(error).includes('NOPERM'))).toEqual([]);
    one.network.thaw();
  });
});
