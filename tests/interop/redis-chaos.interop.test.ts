import { describe, expect, it } from 'vitest';
import { runChaos } from './redis/redis-chaos.ts';

// `REDIS_CHAOS_SEED=7` repeats a run, `REDIS_CHAOS_RUNS=200` makes more of them.
const { REDIS_CHAOS_SEED: seed, REDIS_CHAOS_RUNS: runs = '10' } = process.env;
const seeds = seed === undefined ? Array.from({ length: Number(runs) }, (_, index) => index + 1) : [Number(seed)];

describe('whatever happens to Redis and to the network', () => {
  it.concurrent.for(seeds)('every reader gets each event once, and every stream its end: seed %i', async (number) => {
    expect(await runChaos(number)).toEqual([]);
  });
});
