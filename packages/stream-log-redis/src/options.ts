import { checkNames } from '@gemini/stream-manager';
import type { RedisLikeClient } from './redis-client.ts';

/** Options of `redisStreamLog`. Times are in milliseconds; each is a number above 0, and `batchMs` may be 0. */
export interface RedisStreamLogOptions {
  /**
   * A connected client of `redis` (6, or 5 without a cluster), `ioredis` (5 or 6) or `iovalkey`, alone or a cluster. It
   * stays yours: it is never closed. One more client, for subscribing, is duplicated from it.
   */
  readonly client: RedisLikeClient;
  /** The beginning of every key and channel. At most 64 characters, none of them `{` or `}`. @defaultValue `'gs:'` */
  readonly prefix?: string | undefined;
  /**
   * A process that Redis has not heard from for this long has lost its streams. Every process has to use the same value.
   * At least 100. @defaultValue 10,000. Past it the stream is taken over, or ends as failed with `producer-lost`, within
   * as much time again.
   */
  readonly leaseMs?: number | undefined;
  /**
   * The time that an ended stream stays in Redis, at least two leases.
   * @defaultValue the `retainMs` of the stream; `Infinity` is `abandonMs`. Past it the stream is not found.
   */
  readonly retainMs?: number | undefined;
  /**
   * The time that the keys of a stream outlive the last process that wrote them, at least two leases.
   * @defaultValue 3,600,000. Past it Redis deletes them.
   */
  readonly abandonMs?: number | undefined;
  /**
   * The time for one call to Redis. @defaultValue 2,000. Past it the call is made again; `attach` rejects with
   * `log-unavailable`, and a stream that is started runs without waiting for Redis any longer.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * The least time between two calls for one stream: more gathers events, so there are fewer calls, and other processes
   * get them later by as much. @defaultValue 0: the next call is made as soon as the last one was answered, and within 2 ms
   * if the process has more than 2,500 writes a second
   */
  readonly batchMs?: number | undefined;
  /**
   * The effect on the source if Redis is slower than it. `buffer`: none; events that the stream forgets before Redis has
   * them are a gap for other processes. `pause`: the source is asked to pause, within the manager's lag limits.
   * @defaultValue `'buffer'`
   */
  readonly onSlow?: 'buffer' | 'pause' | undefined;
  /**
   * Called with each call to Redis that failed or was not answered in time. Nothing has to be done: the log repeats it
   * for as long as it makes sense. An error that it throws is ignored. @defaultValue none
   */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** The options, checked, each with a value. */
export interface ResolvedOptions {
  readonly client: RedisLikeClient;
  readonly prefix: string;
  readonly leaseMs: number;
  /** Undefined: that of each stream. */
  readonly retainMs: number | undefined;
  readonly abandonMs: number;
  readonly timeoutMs: number;
  readonly batchMs: number;
  readonly onSlow: 'buffer' | 'pause';
  readonly onError: RedisStreamLogOptions['onError'];
}

/** The default options, without those that each stream has of its own. */
export const defaultRedisStreamLogOptions = {
  prefix: 'gs:',
  leaseMs: 10_000,
  abandonMs: 3_600_000,
  timeoutMs: 2_000,
  batchMs: 0,
  onSlow: 'buffer',
} as const;

const optionNames = ['client', 'retainMs', 'onError', ...Object.keys(defaultRedisStreamLogOptions)];
const maxPrefixLength = 64;
/** Timers, and the expiry of a key, take no more. */
const maxMs = 2 ** 31 - 1;
const minLeaseMs = 100;

/**
 * Fills in the defaults.
 * @throws TypeError for an unknown option and for a value out of its range
 */
export function resolveOptions(options: RedisStreamLogOptions): ResolvedOptions {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new TypeError('redisStreamLog: expected an object with a client');
  }
  checkNames('redisStreamLog', options, optionNames);
  const { prefix, onSlow, ...times } = { ...defaultRedisStreamLogOptions, ...defined(options) };
  if (typeof prefix !== 'string' || prefix.length > maxPrefixLength || !/^[^{}\p{Cc}]*$/u.test(prefix)) {
    throw new TypeError(`prefix: expected at most ${maxPrefixLength} characters without { or }`);
  }
  if (onSlow !== 'buffer' && onSlow !== 'pause') {
    throw new TypeError(`onSlow: expected buffer, pause, got ${String(onSlow)}`);
  }
  const { onError } = options;
  if (onError !== undefined && typeof onError !== 'function') {
    throw new TypeError(`onError: expected a function, got ${typeof onError}`);
  }
  const leaseMs = checkTime('leaseMs', times.leaseMs, minLeaseMs);
  return {
    client: options.client,
    prefix,
    leaseMs,
    retainMs: options.retainMs === undefined ? undefined : checkTime('retainMs', options.retainMs, 2 * leaseMs),
    abandonMs: checkTime('abandonMs', times.abandonMs, 2 * leaseMs),
    timeoutMs: checkTime('timeoutMs', times.timeoutMs, 1),
    batchMs: checkTime('batchMs', times.batchMs, 0),
    onSlow,
    onError,
  };
}

function checkTime(name: string, value: unknown, least: number): number {
  if (typeof value === 'number' && value >= least && value <= maxMs) return value;
  const expected = `a number of milliseconds from ${least} to ${maxMs}`;
  throw new TypeError(`${name}: expected ${expected}, got ${typeof value === 'number' ? value : typeof value}`);
}

function defined(options: RedisStreamLogOptions): Partial<ResolvedOptions> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
