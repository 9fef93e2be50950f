import { fileURLToPath } from 'node:url';
import type { Goal } from '../measure/goal.ts';
import { median } from '../measure/interleave.ts';
import { measureApart } from '../measure/measure-apart.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { type FetchName, parserAlone, readerNames } from './contestants.ts';

/** So many events of one reader, as fast as they are read. */
export interface FloodLoad {
  readonly name: string;
  readonly fetch: FetchName;
  readonly origin: string;
  readonly events: number;
  readonly perWrite: number;
}

const program = fileURLToPath(new URL('read-flood.ts', import.meta.url));

/** CPU of an event over our fetch, as a multiple of the same reader over the host's. */
export const measureFlood = async (origin: string, isQuick: boolean): Promise<Goal[]> => {
  const goals: Goal[] = [];
  const events = isQuick ? 2_000 : 20_000;
  for (const perWrite of isQuick ? [1] : [1, 20]) {
    const rows: string[][] = [];
    for (const name of readerNames) {
      const host: number[] = [];
      const ours: number[] = [];
      for (let round = 0; round < (isQuick ? 1 : 5); round += 1) {
        const load = { name, origin, events, perWrite };
        host.push(await measureApart<number>(program, { ...load, fetch: 'host' } satisfies FloodLoad));
        ours.push(await measureApart<number>(program, { ...load, fetch: 'ours' } satisfies FloodLoad));
      }
      const measured = median(ours.map((cost, round) => cost / (host[round] ?? Number.NaN)));
      rows.push([name, formatNumber(median(host)), formatNumber(median(ours)), formatNumber(measured)]);
      // A parser alone does on the host's fetch what both do on ours.
      if (name === parserAlone) continue;
      goals.push({ what: `${name}, flood, ${perWrite} a write, CPU x the host's fetch`, measured, most: 1 });
    }
    printTable(
      `${events} events as fast as they are read, ${perWrite} a write`,
      ['reader', "CPU us an event, host's fetch", 'our fetch', "x the host's"],
      rows,
    );
  }
  return goals;
};
