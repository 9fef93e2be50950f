import { redisStreamLog } from '@gemini/stream-log-redis';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { libraries } from './redis/redis-clients.ts';
import { numbers, openNode, read, upTo } from './redis/redis-nodes.ts';
import { type RedisServer, startRedis } from './redis/redis-server.ts';

let redis: RedisServer;
beforeAll(async () => void (redis = await startRedis()));
afterAll(() => redis[Symbol.asyncDispose]());

describe('the keys of a stream', () => {
  it('expire: while it runs after abandonMs, and after its end after its retainMs', async () => {
    await using node = await openNode(redis.port, { log: { abandonMs: 60_000 } });
    const id = randomUUID();
    const { source, started } = numbers();
    const stream = node.manager.start(source, { id, retainMs: 30_000 });
    const sink = await started();
    sink.push(0);
    const keys = [`gs:{${id}}:meta`, `gs:{${id}}:log`];
    const expiries = () => Promise.all(keys.map(async (key) => Number(await redis.command('PTTL', key))));
    await expect.poll(async () => Math.min(...(await expiries()))).toBeGreaterThan(50_000);
    expect(Math.max(...(await expiries()))).toBeLessThanOrEqual(60_000);
    sink.end('done');
    await stream.ended;
    await expect.poll(async () => Math.max(...(await expiries()))).toBeLessThanOrEqual(30_000);
    expect(Math.min(...(await expiries()))).toBeGreaterThan(20_000);
  });

  it('hold the events that the stream does itself, and at most the rest of one entry', async () => {
    await using node = await openNode(redis.port, { manager: { maxHistoryBytes: 2_000, sizeOf: () => 10 } });
    await using other = await openNode(redis.port);
    const id = randomUUID();
    const { source, started } = numbers();
    node.manager.start(source, { id });
    const sink = await started();
    for (let number = 0; number < 3_000; number += 1) {
      sink.push(number);
      if (number % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => redis.command('HGET', `gs:{${id}}:meta`, 'n')).toBe('3000');
    const copy = await other.manager.attach(id);
    const { items, has } = read(copy, { onHistoryLost: 'gap' });
    await has(2);
    expect(items[0]).toMatchObject({ type: 'gap' });
    expect(items.at(-1)).toBe(2_999);
    const events = items.slice(1);
    // 200 events are held. An entry has at most as many, and is kept while one of its events is.
    expect(events.length).toBeGreaterThanOrEqual(200);
    expect(events.length).toBeLessThanOrEqual(200 + 199);
    expect(events).toEqual(upTo(3_000).slice(-events.length));
    expect(() => read(copy)).toThrow(expect.objectContaining({ code: 'history-lost' }));
  });

  it('of another format are not guessed at', async () => {
    await using node = await openNode(redis.port, { log: { timeoutMs: 300 } });
    const id = randomUUID();
    await redis.command('HSET', `gs:{${id}}:meta`, 'v', '2', 'o', 'x/1', 'e', '1', 'n', '0', 'l', '0');
    await expect(node.manager.attach(id)).rejects.toMatchObject({ code: 'log-unavailable' });
    const { error } = await node.manager.start(numbers().source, { id, onDuplicate: 'join' }).ended;
    expect(error).toMatchObject({ code: 'log-unavailable', message: expect.stringContaining('format 2') });
  });

  it('are those of one prefix: a stream of another one is not found', async () => {
    await using one = await openNode(redis.port, { log: { prefix: 'one:' } });
    await using other = await openNode(redis.port, { log: { prefix: 'other:' } });
    const id = randomUUID();
    one.manager.start(numbers().source, { id });
    await one.manager.attach(id);
    await expect(other.manager.attach(id)).rejects.toMatchObject({ code: 'stream-not-found' });
  });
});

describe.for(Object.keys(libraries))('a client of %s', (library) => {
  it('is closed while it connects, without an error', async () => {
    for (const turns of upTo(20)) {
      await using node = await openNode(redis.port, { library });
      const stream = node.manager.start(numbers().source, { id: randomUUID() });
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      await node.manager.close();
      // An error that nothing catches fails the run too.
      expect(await stream.ended).toMatchObject({ status: 'stopped', reason: 'manager-closed' });
    }
  });
});

describe('a client', () => {
  it('stays the property of the application: closing a manager leaves it connected', async () => {
    await using node = await openNode(redis.port);
    await node.manager.close();
    const again = await openNode(redis.port);
    await using _ = again;
    expect(again.manager.stats().started).toBe(0);
  });

  it('is recognised, and anything else is refused', () => {
    for (const client of [undefined, null, {}, 'redis://127.0.0.1', { isOpen: true }]) {
      expect(() => redisStreamLog({ client: client as never })).toThrow(TypeError);
    }
  });
});
