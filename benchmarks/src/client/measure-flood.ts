import { fileURLToPath } from 'node:url';
import type { Goal } from '../measure/goal.ts';
import { median } from '../measure/interleave.ts';
import { measureApart } from '../measure/measure-apart.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import {
  bare,
  contestants,
  forgetting,
  genaiName,
  raw,
  sameJob,
  subscriber,
  withPromises,
} from './socket-contestants.ts';

/** So many events of one contestant, as fast as they are read. */
export interface FloodLoad {
  readonly name: string;
  readonly origin: string;
  readonly events: number;
}

const program = fileURLToPath(new URL('read-flood.ts', import.meta.url));

/**
 * Events as fast as they are read: CPU an event once all is compiled, at two sizes. The client keeps its events, to
 * replay them, and the answer: {@link sameJob} keeps both by hand, and {@link withPromises} is as careful as the client.
 */
export const measureFlood = async (origin: string, isQuick: boolean): Promise<Goal[]> => {
  const goals: Goal[] = [];
  const sizes = isQuick ? [2_000] : [20_000, 40_000];
  for (const [index, events] of sizes.entries()) {
    const costs = new Map<string, number[]>();
    for (let round = 0; round < (isQuick ? 1 : 7); round += 1) {
      // Three rounds are enough for those that no goal is about, and one for the peers.
      const own = round < 3 ? [raw, bare, sameJob, withPromises, subscriber, forgetting] : [sameJob, subscriber];
      const names = isQuick ? [sameJob, subscriber] : index === 0 && round === 0 ? Object.keys(contestants) : own;
      for (const name of names) {
        const cost = await measureApart<number>(program, { name, origin, events } satisfies FloodLoad);
        costs.set(name, [...(costs.get(name) ?? []), cost]);
      }
    }
    const times = (name: string, base: string): number =>
      median((costs.get(name) ?? []).map((cost, round) => cost / (costs.get(base)?.[round] ?? Number.NaN)));
    printTable(
      `${events} events as fast as they are read`,
      ['client', 'CPU us an event', 'x raw', 'x the same job'],
      [...costs].map(([name, values]) => [
        name,
        ...[median(values), times(name, raw), times(name, sameJob)].map(formatNumber),
      ]),
    );
    const peer = costs.has(genaiName) ? { peer: { name: genaiName, measured: times(genaiName, sameJob) } } : {};
    const measured = times(subscriber, sameJob);
    goals.push({ what: `flood of ${events}, CPU x the same job`, measured, most: 1.15, stretch: 1.05, ...peer });
  }
  return goals;
};
