import { fileURLToPath } from 'node:url';
import type { Goal } from '../measure/goal.ts';
import { measureApart } from '../measure/measure-apart.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { parserAlone, readerNames, slowest } from './contestants.ts';

/** So many events of one reader, as fast as they are read, over both fetches in turn. */
export interface FloodLoad {
  readonly name: string;
  readonly origin: string;
  readonly events: number;
  readonly perWrite: number;
  readonly pairs: number;
}

/** CPU of an event in microseconds, and the median of the pairs' ratios. */
export interface FloodCost {
  readonly hostUs: number;
  readonly oursUs: number;
  readonly ratio: number;
}

const program = fileURLToPath(new URL('read-flood.ts', import.meta.url));

/** CPU of an event over our fetch, as a multiple of the same reader over the host's. */
export const measureFlood = async (origin: string, isQuick: boolean): Promise<Goal[]> => {
  const goals: Goal[] = [];
  for (const perWrite of isQuick ? [1] : [1, 20]) {
    const rows: string[][] = [];
    for (const name of readerNames) {
      const events = isQuick || name === slowest ? 2_000 : 6_000;
      const load = { name, origin, events, perWrite, pairs: isQuick ? 3 : 9 } satisfies FloodLoad;
      const { hostUs, oursUs, ratio: measured } = await measureApart<FloodCost>(program, load);
      rows.push([name, ...[hostUs, oursUs, measured].map(formatNumber)]);
      // A parser alone does on the host's fetch what both do on ours.
      if (name === parserAlone) continue;
      goals.push({ what: `${name}, flood, ${perWrite} a write, CPU x the host's fetch`, measured, most: 1 });
    }
    printTable(
      `Events as fast as they are read, ${perWrite} a write`,
      ['reader', "CPU us an event, host's fetch", 'our fetch', "x the host's"],
      rows,
    );
  }
  return goals;
};
