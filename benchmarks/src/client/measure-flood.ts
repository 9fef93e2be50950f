import { fileURLToPath } from 'node:url';
import type { Goal } from '../measure/goal.ts';
import { median } from '../measure/interleave.ts';
import { measureApart } from '../measure/measure-apart.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { bare, contestants, forgetting, genaiName, keeping, subscriber } from './socket-contestants.ts';

/** So many events of one contestant, as fast as they are read. */
export interface FloodLoad {
  readonly name: string;
  readonly origin: string;
  readonly events: number;
}

const program = fileURLToPath(new URL('read-flood.ts', import.meta.url));

/**
 * Events as fast as they are read: CPU an event once all is compiled, at two sizes. Ours keeps its events, to
 * replay it and to hand it over: what that alone takes shows in a bare one that keeps its text too, and in one of ours
 * that keeps nothing.
 */
export const measureFlood = async (origin: string, isQuick: boolean): Promise<Goal[]> => {
  const goals: Goal[] = [];
  const compared = [bare, keeping, subscriber, forgetting];
  const sizes = isQuick ? [2_000] : [20_000, 40_000];
  for (const [index, events] of sizes.entries()) {
    const costs = new Map<string, number[]>();
    for (let round = 0; round < (isQuick ? 1 : 3); round += 1) {
      // Once is enough for those that no goal is about.
      const all = index === 0 && round === 0 ? Object.keys(contestants) : compared;
      const names = isQuick ? [bare, subscriber] : all;
      for (const name of names) {
        const cost = await measureApart<number>(program, { name, origin, events } satisfies FloodLoad);
        costs.set(name, [...(costs.get(name) ?? []), cost]);
      }
    }
    const times = (name: string, base: string): number =>
      median((costs.get(name) ?? []).map((cost, round) => cost / (costs.get(base)?.[round] ?? Number.NaN)));
    printTable(
      `${events} events as fast as they are read`,
      ['client', 'CPU us an event', 'x bare'],
      [...costs].map(([name, values]) => [name, formatNumber(median(values)), formatNumber(times(name, bare))]),
    );
    const measured = times(subscriber, bare);
    const peer = costs.has(genaiName) ? { peer: { name: genaiName, measured: times(genaiName, bare) } } : {};
    goals.push({ what: `flood of ${events}, CPU x bare`, measured, most: 1.4, stretch: 1.2, ...peer });
    if (isQuick) continue;
    goals.push(
      { what: `flood of ${events}, x bare that keeps its text`, measured: times(subscriber, keeping), most: 1.4 },
      {
        what: `flood of ${events} that keeps nothing, x bare`,
        measured: times(forgetting, bare),
        most: 1.4,
        stretch: 1.2,
      },
    );
  }
  return goals;
};
