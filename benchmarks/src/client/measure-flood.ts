import { median } from '../measure/interleave.ts';
import type { Goal } from '../measure/goal.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { bare, contestants, subscriber } from './socket-contestants.ts';

const cpuUs = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return user + system;
};

/**
 * Events as fast as they are read: CPU an event, at two sizes. Nothing is collected in between: a collection throws away
 * the code of clients of which no stream is open, which a busy program never is without.
 */
export const measureFlood = async (origin: string, isQuick: boolean): Promise<Goal[]> => {
  const goals: Goal[] = [];
  for (const events of isQuick ? [2_000, 4_000] : [10_000, 20_000]) {
    const costs = new Map<string, number[]>(Object.keys(contestants).map((name) => [name, []]));
    for (let round = 0; round <= (isQuick ? 3 : 5); round += 1) {
      for (const [name, read] of Object.entries(contestants)) {
        let came = 0;
        const before = process.cpuUsage();
        await read(`${origin}/${events}/0`, () => void (came += 1));
        if (came < events) throw new Error(`${name} came to ${came} events instead of ${events}.`);
        if (round > 0) costs.get(name)?.push(cpuUs(before) / events);
      }
    }
    const times = (name: string): number =>
      median((costs.get(name) ?? []).map((cost, round) => cost / (costs.get(bare)?.[round] ?? Number.NaN)));
    printTable(
      `${events} events as fast as they are read`,
      ['client', 'CPU us an event', 'x bare'],
      [...costs].map(([name, values]) => [name, formatNumber(median(values)), formatNumber(times(name))]),
    );
    goals.push({ what: `flood of ${events}, CPU x bare`, measured: times(subscriber), most: 1.4, stretch: 1.2 });
  }
  return goals;
};
