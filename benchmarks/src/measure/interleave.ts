/** Something to be timed: it does the whole work once and tells how many events came of it. */
export interface Contestant {
  readonly name: string;
  readonly run: () => number | Promise<number>;
}

export interface InterleaveOptions {
  readonly rounds: number;
  /** Rounds in front of them that do not count. */
  readonly warmUpRounds: number;
  /** The result that each run must have: a contestant that loses events is not fast. */
  readonly expected: number;
  /**
   * Whether to collect all garbage in front of each run. Right for runs that fill the heap; for short ones it mostly
   * measures how fast the engine finds back to the code that it threw away with the last run's objects.
   */
  readonly collect: boolean;
}

/** Milliseconds by contestant, one for each round. */
export type Timings = ReadonlyMap<string, readonly number[]>;

/**
 * Runs all contestants in turn, round by round, so that what the machine does beside them hits all alike; each round
 * starts with another one. Only ratios within a round mean anything.
 */
export const interleave = async (
  contestants: readonly Contestant[],
  { rounds, warmUpRounds, expected, collect }: InterleaveOptions,
): Promise<Timings> => {
  globalThis.gc?.();
  const timings = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    for (let turn = 0; turn < contestants.length; turn += 1) {
      const contestant = contestants[(turn + round + warmUpRounds) % contestants.length];
      if (contestant === undefined) continue;
      if (collect) globalThis.gc?.();
      const start = performance.now();
      const came = await contestant.run();
      const elapsedMs = performance.now() - start;
      if (came !== expected) throw new Error(`${contestant.name} came to ${came} instead of ${expected}.`);
      if (round >= 0) timings.get(contestant.name)?.push(elapsedMs);
    }
  }
  return timings;
};

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
};

export const medianMs = (timings: Timings, name: string): number => median(timings.get(name) ?? []);

/** The median over the rounds of how many times as long `name` took as `base` did in the same round. */
export const medianRatio = (timings: Timings, name: string, base: string): number => {
  const bases = timings.get(base) ?? [];
  return median((timings.get(name) ?? []).map((elapsedMs, round) => elapsedMs / (bases[round] ?? Number.NaN)));
};
