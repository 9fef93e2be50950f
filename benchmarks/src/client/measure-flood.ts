import { fileURLToPath } from 'node:url';
import type { Goal } from '../measure/goal.ts';
import { median } from '../measure/interleave.ts';
import { measureApart } from '../measure/measure-apart.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { contestants, genaiName, raw, sameJob, subscriber } from './socket-contestants.ts';

/** So many events as fast as they are read, by some contestants in turn. */
export interface FloodLoad {
  readonly names: readonly string[];
  readonly origin: string;
  readonly events: number;
  readonly rounds: number;
  /** Rounds in front of them that do not count: the engine compiles while the first events are read. */
  readonly warmUpRounds: number;
}

/** CPU of an event in microseconds, by contestant, one for each round. */
export type FloodCosts = Readonly<Record<string, readonly number[]>>;

const program = fileURLToPath(new URL('read-flood.ts', import.meta.url));

/**
 * Events as fast as they are read: CPU an event once all is compiled, at two sizes. The client keeps its events, to
 * replay them, and the answer: {@link sameJob} keeps both by hand. The two that the goals compare run in one process,
 * because two processes that run the same may differ by a third; the others run in one each, so that they do not pay for
 * the garbage of each other.
 */
export const measureFlood = async (origin: string, isQuick: boolean): Promise<Goal[]> => {
  const goals: Goal[] = [];
  for (const events of isQuick ? [2_000] : [20_000, 40_000]) {
    const measure = (names: readonly string[], rounds: number, warmUpRounds: number): Promise<FloodCosts> =>
      measureApart<FloodCosts>(program, { names, origin, events, rounds, warmUpRounds } satisfies FloodLoad);
    const costs = new Map(Object.entries(await measure([sameJob, subscriber], isQuick ? 1 : 7, isQuick ? 1 : 3)));
    const others = events === 40_000 ? [] : Object.keys(contestants).filter((name) => !costs.has(name));
    for (const name of others) costs.set(name, (await measure([name], 1, 1))[name] ?? []);
    const middle = (name: string): number => median(costs.get(name) ?? []);
    const times = (name: string, base: string): number => middle(name) / middle(base);
    printTable(
      `${events} events as fast as they are read`,
      ['client', 'CPU us an event', 'x raw', 'x the same job'],
      [...costs.keys()].map((name) => [
        name,
        ...[middle(name), times(name, raw), times(name, sameJob)].map(formatNumber),
      ]),
    );
    const bases = costs.get(sameJob) ?? [];
    const measured = median((costs.get(subscriber) ?? []).map((cost, round) => cost / (bases[round] ?? Number.NaN)));
    const peer = costs.has(genaiName) ? { peer: { name: genaiName, measured: times(genaiName, sameJob) } } : {};
    goals.push({ what: `flood of ${events}, CPU x the same job`, measured, most: 1.15, stretch: 1.05, ...peer });
  }
  return goals;
};
