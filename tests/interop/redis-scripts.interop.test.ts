import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  appendScript,
  claimScript,
  extendScript,
  loseScript,
  readScript,
  releaseScript,
  type Script,
  stopScript,
} from '../../packages/stream-log-redis/src/scripts.ts';
import { type RedisServer, startRedis } from './redis/redis-server.ts';

const epoch = '1795799301512';
const leaseMs = 60_000;
/** Longer ago than any lease of these tests. */
const anyMs = 3_000_000_000_000;
let redis: RedisServer;
let client: ReturnType<typeof createClient>;
let count = 0;
beforeAll(async () => {
  redis = await startRedis();
  client = createClient({ url: `redis://127.0.0.1:${redis.port}` });
  await client.connect();
});
afterAll(async () => {
  client.destroy();
  await redis[Symbol.asyncDispose]();
});

/** A stream of its own for each test, and the scripts for it as processes run them. */
function newStream() {
  count += 1;
  const [meta, log, channel] = [`gs:{${count}}:meta`, `gs:{${count}}:log`, `gs:{${count}}:ch`];
  const run = <Reply = unknown[]>(script: Script, ...words: (string | number)[]): Promise<Reply> =>
    client.sendCommand<Reply>(['EVAL', script.text, '2', meta, log, ...words.map(String)]);
  return {
    claim: (owner: string, { first = 0, mostOverdueMs = 0, at = epoch, canContinue = 0 } = {}) =>
      run(claimScript, owner, at, first, leaseMs, mostOverdueMs, 600_000, 600_000, '1', '', canContinue),
    release: (owner: string) => run(releaseScript, owner, leaseMs, 'PUBLISH', channel),
    append: (owner: string, first: number, lines: string[], { oldest = 0, end = '', lease = leaseMs } = {}) =>
      run(
        appendScript,
        owner,
        epoch,
        first,
        lines.length,
        oldest,
        lease,
        600_000,
        600_000,
        'PUBLISH',
        channel,
        lines.join('\n'),
        end,
      ),
    extend: (owner: string, first: number, lines: string[]) => {
      const next = first + lines.length;
      const words = [`${epoch}-${next}`, `${epoch} ${first} ${lines.length}`, lines.join('\n')];
      return run<number>(extendScript, owner, first, next, ...words, 'PUBLISH', channel);
    },
    read: (from: number, mustBeWritable = 0, heirMs = 0) =>
      run(readScript, '', from, 1_000_000, mustBeWritable, heirMs),
    lose: (owner: string, mostOverdueMs = anyMs) =>
      run(loseScript, owner, 'lproducer-lost', 600_000, 'PUBLISH', channel, mostOverdueMs),
    stop: (reason: string) => run(stopScript, reason),
    /** Lets the time pass for which a process could continue the stream. */
    silence: () => client.hSet(meta, 'h', '1'),
    /** Lets the lease run out. */
    expire: () => client.hSet(meta, 'l', '1'),
    field: (name: string) => client.hGet(meta, name),
    log,
    meta,
  };
}

describe('the script', () => {
  it('claim gives a stream to the first owner, and to it again if its claim is repeated', async () => {
    const { claim } = newStream();
    expect(await claim('a/1')).toEqual(['led', epoch, '0']);
    expect(await claim('a/1')).toEqual(['led', epoch, '0']);
    expect(await claim('b/1')).toEqual(['taken', epoch, '0']);
    expect(await claim('b/1', { mostOverdueMs: anyMs })).toEqual(['taken', epoch, '0']);
  });

  it('claim gives a stream whose lease is over to an owner that can resume, and to no other', async () => {
    const { claim, append, expire } = newStream();
    await claim('a/1');
    await append('a/1', 0, ['one', 'two']);
    await expire();
    expect(await claim('b/1')).toEqual(['taken', epoch, '2']);
    expect(await claim('b/1', { mostOverdueMs: 1_000 })).toEqual(['taken', epoch, '2']);
    expect(await claim('b/1', { mostOverdueMs: anyMs, at: '7' })).toEqual(['resumed', epoch, '2']);
    // Its reply was lost.
    expect(await claim('b/1', { mostOverdueMs: anyMs, at: '7' })).toEqual(['resumed', epoch, '2']);
    expect(await claim('c/1', { mostOverdueMs: anyMs })).toEqual(['taken', epoch, '2']);
    expect(await append('a/1', 2, ['three'])).toEqual(['fenced']);
    expect(await append('b/1', 2, ['three'])).toEqual(['ok', 0, null]);
  });

  it('claim leaves a stream that has ended alone', async () => {
    const { claim, append, expire } = newStream();
    await claim('a/1');
    await append('a/1', 0, ['one'], { end: 'edone' });
    await expire();
    expect(await claim('b/1', { mostOverdueMs: anyMs })).toEqual(['taken', epoch, '1']);
  });

  it('claim of a stream that was evicted forgets what is left of its log', async () => {
    const { claim, append, read, meta } = newStream();
    await claim('a/1');
    await append('a/1', 0, ['one', 'two']);
    await client.del(meta);
    expect(await append('a/1', 2, ['three'])).toEqual(['gone']);
    expect(await claim('a/1')).toEqual(['led', epoch, '0']);
    expect((await read(0)).slice(7)).toEqual([]);
    expect(await append('a/1', 0, ['one', 'two', 'three'])).toEqual(['ok', 0, null]);
    expect((await read(0)).slice(7)).toEqual(['3', 'one\ntwo\nthree']);
  });

  it('append takes what comes next, and says from where to go on otherwise', async () => {
    const { claim, append, read } = newStream();
    await claim('a/1');
    expect(await append('a/1', 0, ['one', 'two'])).toEqual(['ok', 0, null]);
    expect(await append('a/1', 0, ['one', 'two'])).toEqual(['at', '2']);
    expect(await append('a/1', 1, ['two', 'three'])).toEqual(['at', '2']);
    expect(await append('a/1', 5, ['six'])).toEqual(['at', '2']);
    expect(await append('a/1', 2, ['three'])).toEqual(['ok', 0, null]);
    expect((await read(0)).slice(7)).toEqual(['2', 'one\ntwo', '3', 'three']);
    // From the middle of an entry, and from the end.
    expect((await read(1)).slice(7)).toEqual(['2', 'one\ntwo', '3', 'three']);
    expect((await read(2)).slice(7)).toEqual(['3', 'three']);
    expect((await read(3)).slice(7)).toEqual([]);
  });

  it('append forgets what the process itself has forgotten, and may skip to what it still holds', async () => {
    const { claim, append, read } = newStream();
    await claim('a/1');
    await append('a/1', 0, ['one', 'two']);
    await append('a/1', 2, ['three'], { oldest: 2 });
    expect((await read(0)).slice(7)).toEqual(['3', 'three']);
    await append('a/1', 3, ['four'], { oldest: 2 });
    await append('a/1', 4, ['five'], { oldest: 3 });
    expect((await read(0)).slice(7)).toEqual(['4', 'four', '5', 'five']);
    expect(await append('a/1', 9, ['ten'], { oldest: 9 })).toEqual(['ok', 0, null]);
    expect((await read(0)).slice(7)).toEqual(['10', 'ten']);
  });

  it('append to a log that was evicted asks for everything that is still held', async () => {
    const { claim, append, log } = newStream();
    await claim('a/1');
    await append('a/1', 0, ['one', 'two', 'three']);
    await client.del(log);
    expect(await append('a/1', 3, ['four'], { oldest: 1 })).toEqual(['at', '1']);
    expect(await append('a/1', 1, ['two', 'three', 'four'], { oldest: 1 })).toEqual(['ok', 0, null]);
  });

  it('extend adds what comes next, once', async () => {
    const { claim, append, extend, read, field } = newStream();
    expect(await extend('a/1', 0, ['one'])).toBe(0);
    await claim('a/1');
    await append('a/1', 0, ['one']);
    expect(await extend('a/1', 1, ['two', 'three'])).toBe(1);
    expect(await extend('a/1', 1, ['two', 'three'])).toBe(0);
    expect(await extend('a/1', 2, ['three'])).toBe(0);
    expect(await extend('a/1', 5, ['six'])).toBe(0);
    expect(await field('n')).toBe('3');
    expect((await read(0)).slice(7)).toEqual(['1', 'one', '3', 'two\nthree']);
    expect(await append('a/1', 3, ['four'])).toEqual(['ok', 0, null]);
  });

  it('extend changes nothing for another owner, without a log, after a stop and after the end', async () => {
    const [taken, evicted, stopped, ended, lost] = [newStream(), newStream(), newStream(), newStream(), newStream()];
    for (const { claim, append } of [taken, evicted, stopped, ended, lost]) {
      await claim('a/1');
      await append('a/1', 0, ['one']);
    }
    expect(await taken.extend('b/1', 1, ['two'])).toBe(0);
    await client.del(evicted.log);
    expect(await evicted.extend('a/1', 1, ['two'])).toBe(0);
    await stopped.stop('enough');
    expect(await stopped.extend('a/1', 1, ['two'])).toBe(0);
    await ended.append('a/1', 1, [], { end: 'edone' });
    expect(await ended.extend('a/1', 1, ['two'])).toBe(0);
    await lost.expire();
    await lost.lose('a/1');
    expect(await lost.extend('a/1', 1, ['two'])).toBe(0);
    for (const { field, read } of [taken, stopped, ended, lost]) {
      expect(await field('n')).toBe('1');
      expect((await read(0)).slice(7)).toEqual(['1', 'one']);
    }
    expect(await client.exists(evicted.log)).toBe(0);
    expect(await evicted.append('a/1', 1, ['two'])).toEqual(['at', '0']);
  });

  it('append ends a stream once', async () => {
    const { claim, append, field } = newStream();
    await claim('a/1');
    expect(await append('a/1', 0, ['one'], { end: 'edone' })).toEqual(['ok', 0, null]);
    expect(await append('a/1', 0, ['one'], { end: 'edone' })).toEqual(['ok', 0, null]);
    expect(await append('a/1', 1, ['two'])).toEqual(['fenced']);
    expect(await append('a/1', 1, [], { end: 'eother' })).toEqual(['fenced']);
    expect(await field('x')).toBe('edone');
    expect(await field('n')).toBe('1');
  });

  it('append renews the lease if it is asked to', async () => {
    const { claim, append, expire, field } = newStream();
    await claim('a/1');
    await expire();
    await append('a/1', 0, ['one'], { lease: 0 });
    expect(await field('l')).toBe('1');
    await append('a/1', 1, []);
    expect(Number(await field('l'))).toBeGreaterThan(Date.now());
  });

  it('read fails if Redis is full and the answer depends on it, also for a stream that is not there', async () => {
    const [there, missing] = [newStream(), newStream()];
    await there.claim('a/1');
    expect(await missing.read(0, 1)).toEqual([]);
    expect(await client.exists(missing.meta)).toBe(0);
    expect(await there.read(0, 1)).toHaveLength(7);
    await client.configSet('maxmemory', '1');
    try {
      expect(await there.read(0)).toHaveLength(7);
      await expect(there.read(0, 1)).rejects.toThrow('OOM');
      await expect(missing.read(0, 1)).rejects.toThrow('OOM');
    } finally {
      await client.configSet('maxmemory', '0');
    }
  });

  it('lose ends a stream whose owner has lost its lease, once, and nothing else', async () => {
    const { claim, append, lose, expire, field } = newStream();
    expect(await lose('a/1')).toEqual(['gone']);
    await claim('a/1');
    await append('a/1', 0, ['one']);
    expect(await lose('a/1')).toEqual(['held']);
    await expire();
    expect(await lose('b/1')).toEqual(['held']);
    // A call that was on its way while Redis was stopped.
    expect(await lose('a/1', 1_000)).toEqual(['held']);
    expect(await field('x')).toBeNull();
    expect(await lose('a/1')).toEqual(['lost']);
    expect(await lose('a/1')).toEqual(['held']);
    expect(await append('a/1', 1, ['two'])).toEqual(['fenced']);
    expect(await append('a/1', 1, [], { end: 'edone' })).toEqual(['fenced']);
    expect(await field('x')).toBe('lproducer-lost');
  });

  it('lose waits for a process that has said that it can continue the stream, until it is silent itself', async () => {
    const { claim, append, read, lose, expire, field, silence } = newStream();
    await claim('a/1');
    await append('a/1', 0, ['one']);
    await expire();
    await read(0, 0, leaseMs);
    expect(await lose('a/1')).toEqual(['held']);
    await silence();
    expect(await lose('a/1')).toEqual(['lost']);
    // One that has taken the stream over, and was lost too, is not waited for.
    const next = newStream();
    await next.claim('a/1');
    await next.expire();
    await next.read(0, 0, leaseMs);
    expect((await next.claim('b/1', { mostOverdueMs: anyMs }))[0]).toBe('resumed');
    await next.expire();
    expect(await next.lose('b/1')).toEqual(['lost']);
    // An end stays as it is.
    await append('a/1', 1, [], { end: 'edone' });
    await read(0, 0, leaseMs);
    expect(await field('h')).toBe('1');
  });

  it('release leaves a stream to a process that can continue it, at once; only its owner may', async () => {
    const { claim, append, release, lose, expire, field } = newStream();
    expect(await release('a/1')).toEqual(['held']);
    await claim('a/1');
    await append('a/1', 0, ['one']);
    expect(await release('b/1')).toEqual(['held']);
    expect(await release('a/1')).toEqual(['released']);
    expect(await release('a/1')).toEqual(['held']);
    expect(await append('a/1', 1, ['late'])).toEqual(['fenced']);
    expect(await claim('b/1')).toEqual(['taken', epoch, '1']);
    expect(await lose('')).toEqual(['held']);
    expect(await claim('b/1', { canContinue: 1 })).toEqual(['resumed', epoch, '1']);
    expect(await claim('c/1', { canContinue: 1 })).toEqual(['taken', epoch, '1']);
    expect(await append('b/1', 1, ['two'], { end: 'edone' })).toEqual(['ok', 0, null]);
    expect(await release('b/1')).toEqual(['held']);
    // No other process claims it.
    const other = newStream();
    await other.claim('a/1');
    await other.release('a/1');
    await other.expire();
    expect(await other.lose('')).toEqual(['lost']);
    expect(await claim('d/1', { canContinue: 1 })).toEqual(['taken', epoch, '2']);
    await expire();
    expect(await field('o')).toBe('b/1');
  });

  it('lose leaves a stream that has ended alone', async () => {
    const { claim, append, lose, expire, field } = newStream();
    await claim('a/1');
    await append('a/1', 0, ['one'], { end: 'edone' });
    await expire();
    expect(await lose('a/1')).toEqual(['held']);
    expect(await field('x')).toBe('edone');
  });

  it('stop keeps the first reason, and does nothing after the end', async () => {
    const { claim, append, stop } = newStream();
    expect(await stop('early')).toEqual([]);
    await claim('a/1');
    expect(await stop('enough')).toEqual(['a/1', 'enough']);
    expect(await stop('other')).toEqual(['a/1', 'enough']);
    expect(await append('a/1', 0, ['one'])).toEqual(['ok', 0, 'enough']);
    await append('a/1', 1, [], { end: 'edone' });
    expect(await stop('late')).toEqual([]);
  });
});
