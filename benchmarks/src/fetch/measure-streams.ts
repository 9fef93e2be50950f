import { fileURLToPath } from 'node:url';
import type { Goal } from '../measure/goal.ts';
import { median } from '../measure/interleave.ts';
import { measureApart } from '../measure/measure-apart.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { type FetchName, parserAlone } from './contestants.ts';

/** The cost of a number of concurrent streams. */
export interface StreamsCost {
  /** From the server's write to the event in hand, in microseconds. */
  readonly p50Us: number;
  readonly p99Us: number;
  readonly cpuUsPerEvent: number;
}

/** So many streams of one reader, for so long. */
export interface StreamsLoad {
  readonly name: string;
  readonly fetch: FetchName;
  readonly origin: string;
  readonly streams: number;
  readonly perSecond: number;
  /** From the calls until what is measured. */
  readonly settleSeconds: number;
  readonly seconds: number;
}

const program = fileURLToPath(new URL('read-streams.ts', import.meta.url));

/** The delay that our fetch adds to the host's, below a parser alone and below an SDK. */
export const measureStreams = async (origin: string, isQuick: boolean): Promise<Goal[]> => {
  const goals: Goal[] = [];
  const lasting = { settleSeconds: 0.8, seconds: 1 };
  const rows: string[][] = [];
  for (const name of [parserAlone, '@google/genai']) {
    const costs: Record<FetchName, StreamsCost[]> = { host: [], ours: [] };
    for (let round = 0; round < (isQuick ? 1 : 3); round += 1) {
      for (const fetch of ['host', 'ours'] as const) {
        const load: StreamsLoad = { name, fetch, origin, streams: 100, perSecond: 20, ...lasting };
        costs[fetch].push(await measureApart<StreamsCost>(program, load));
      }
    }
    const middle = (fetch: FetchName, what: keyof StreamsCost): number =>
      median(costs[fetch].map((cost) => cost[what]));
    for (const fetch of ['host', 'ours'] as const) {
      const figures = (['p50Us', 'p99Us', 'cpuUsPerEvent'] as const).map((what) => formatNumber(middle(fetch, what)));
      rows.push([`${name}, ${fetch === 'host' ? "the host's fetch" : 'our fetch'}`, ...figures]);
    }
    const measured = median(costs.ours.map(({ p50Us }, round) => p50Us - (costs.host[round]?.p50Us ?? Number.NaN)));
    goals.push({ what: `${name}, 100 streams, p50 above the host's fetch, us`, measured, most: 150 });
  }
  printTable('100 streams of 20 events a second', ['reader', 'p50 us', 'p99 us', 'CPU us an event'], rows);
  return goals;
};
