import { median } from '../measure/interleave.ts';
import { contestants } from './contestants.ts';

/** CPU of this process in microseconds an event, by contestant, one for each round. */
export type FloodCost = ReadonlyMap<string, readonly number[]>;

/**
 * All contestants in turn, round by round; the first two rounds do not count. Nothing is collected in between: a
 * collection throws away the code of clients of which no stream is open, which a busy program never is without.
 */
export const measureFlood = async (url: string, events: number, rounds: number): Promise<FloodCost> => {
  const costs = new Map<string, number[]>(Object.keys(contestants).map((name) => [name, []]));
  for (let round = -1; round <= rounds; round += 1) {
    for (const [name, read] of Object.entries(contestants)) {
      let came = 0;
      const before = process.cpuUsage();
      await read(url, () => {
        came += 1;
      });
      const { user, system } = process.cpuUsage(before);
      if (came !== events) throw new Error(`${name} came to ${came} events instead of ${events}.`);
      if (round > 0) costs.get(name)?.push((user + system) / events);
    }
  }
  return costs;
};

export const medianCost = (costs: FloodCost, name: string): number => median(costs.get(name) ?? []);

/** The median over the rounds of how many times the CPU of `base` in the same round `name` took. */
export const costRatio = (costs: FloodCost, name: string, base: string): number => {
  const bases = costs.get(base) ?? [];
  return median((costs.get(name) ?? []).map((cost, round) => cost / (bases[round] ?? Number.NaN)));
};
