import { describe, expect, it } from 'vitest';
import { redisStreamLog, type RedisStreamLogOptions } from '../src/index.ts';
import { resolveOptions } from '../src/options.ts';
import { checkId, streamKeys } from '../src/stream-keys.ts';

const client = { isOpen: true, sendCommand() {}, duplicate() {}, on() {}, off() {} };
const options = (more: object): RedisStreamLogOptions => ({ client, ...more });

describe('an option', () => {
  it('has a default', () => {
    expect(resolveOptions({ client })).toEqual({
      client,
      prefix: 'gs:',
      leaseMs: 10_000,
      retainMs: undefined,
      abandonMs: 3_600_000,
      timeoutMs: 2_000,
      batchMs: 0,
      onSlow: 'buffer',
      onError: undefined,
    });
    expect(resolveOptions(options({ leaseMs: undefined })).leaseMs).toBe(10_000);
  });

  it.for([
    ['leaseMs', 99],
    ['leaseMs', '10000'],
    ['leaseMs', Infinity],
    ['leaseMs', NaN],
    ['retainMs', 19_999],
    ['abandonMs', 0],
    ['timeoutMs', 0],
    ['batchMs', -1],
    ['onSlow', 'drop'],
    ['onError', 'log'],
    ['prefix', 'a{b'],
    ['prefix', 'a'.repeat(65)],
    ['prefix', 7],
  ])('%s of %j is refused by its name', ([name, value]) => {
    expect(() => redisStreamLog(options({ [name as string]: value }))).toThrow(
      new RegExp(`^${String(name)}: expected`),
    );
  });

  it('that is unknown is refused with a suggestion', () => {
    expect(() => redisStreamLog(options({ lease: 1 }))).toThrow(/unknown option lease/);
    expect(() => redisStreamLog(options({ leaseMS: 1_000 }))).toThrow(/did you mean leaseMs/);
  });

  it('is needed: a client', () => {
    expect(() => redisStreamLog(undefined as never)).toThrow(TypeError);
    expect(() => redisStreamLog({} as never)).toThrow('client: expected a client of redis, ioredis or iovalkey');
  });
});

describe('a client that would go astray is refused', () => {
  const ioredis = { status: 'ready', call() {}, duplicate() {}, on() {}, off() {} };

  it.for<[string, object, RegExp]>([
    ['a cluster of redis 5', { ...client, slots: [] }, /version 6/],
    ['a cluster without sharded subscribers', { ...ioredis, isCluster: true, options: {} }, /shardedSubscribers/],
    ['a key prefix', { ...ioredis, options: { keyPrefix: 'app:' } }, /keyPrefix/],
  ])('%s', ([, unusable, message]) => {
    expect(() => redisStreamLog({ client: unusable as never })).toThrow(message);
    expect(() => redisStreamLog({ client: unusable as never })).toThrow(TypeError);
  });

  it('and others are not', () => {
    expect(redisStreamLog({ client })).toBeTypeOf('function');
    expect(redisStreamLog({ client: { ...client, slots: [], isReady: true } as never })).toBeTypeOf('function');
    expect(redisStreamLog({ client: ioredis })).toBeTypeOf('function');
    const cluster = { ...ioredis, isCluster: true, options: { shardedSubscribers: true } };
    expect(redisStreamLog({ client: cluster })).toBeTypeOf('function');
  });
});

describe('the id of a stream', () => {
  it('chooses the slot of all its keys', () => {
    expect(streamKeys('gs:', 'tides')).toEqual({
      meta: 'gs:{tides}:meta',
      log: 'gs:{tides}:log',
      channel: 'gs:{tides}:ch',
    });
  });

  it.for(['{', 'a}b', 'a\nb', '\u0000', '\u007f', '\ud800', 'é'.repeat(129)])('%j is refused', (id) => {
    expect(() => checkId(id)).toThrow(TypeError);
  });

  it.for(['a', 'é'.repeat(128), 'user:7/chat 1', '😀'])('%j is not', (id) => {
    expect(() => checkId(id)).not.toThrow();
  });
});
