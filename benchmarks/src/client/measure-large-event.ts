import { fileURLToPath } from 'node:url';
import type { Goal } from '../measure/goal.ts';
import { median } from '../measure/interleave.ts';
import { measureApart } from '../measure/measure-apart.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { raw, sameJob, subscriber } from './socket-contestants.ts';

/** Large events of one stream beside small ones of another. */
export interface BesideLargeLoad {
  readonly name: string;
  readonly origin: string;
  readonly largeEvents: number;
  readonly largeBytes: number;
}

/** How late the small events came, in microseconds after they were written. */
export interface Delays {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

const program = fileURLToPath(new URL('read-beside-large.ts', import.meta.url));
const largeBytes = 8 * 1_024 * 1_024;

/**
 * One stream gets an event of 8 MB eight times a second, another small ones. The small ones have to wait while a read of
 * the large one is processed, at the longest while its JSON is parsed, as they do beside {@link sameJob}.
 */
export const measureLargeEvent = async (origin: string, isQuick: boolean): Promise<Goal[]> => {
  const delays = new Map<string, Delays[]>();
  const names = isQuick ? [sameJob, subscriber] : [raw, sameJob, subscriber];
  for (let round = 0; round < (isQuick ? 1 : 3); round += 1) {
    for (const name of round === 0 ? names : [sameJob, subscriber]) {
      const load = { name, origin, largeEvents: isQuick ? 4 : 8, largeBytes } satisfies BesideLargeLoad;
      delays.set(name, [...(delays.get(name) ?? []), await measureApart<Delays>(program, load)]);
    }
  }
  const middle = (name: string, what: keyof Delays): number =>
    median((delays.get(name) ?? []).map((each) => each[what]));
  printTable(
    'Events of one stream beside events of 8 MB of another',
    ['client', 'p50 us', 'p99 us', 'latest us'],
    [...delays.keys()].map((name) => [
      name,
      ...[middle(name, 'p50Us'), middle(name, 'p99Us'), middle(name, 'maxUs')].map(formatNumber),
    ]),
  );
  const measured = median(
    (delays.get(subscriber) ?? []).map(
      ({ maxUs }, round) => maxUs / (delays.get(sameJob)?.[round]?.maxUs ?? Number.NaN),
    ),
  );
  return [{ what: 'beside events of 8 MB, latest x the same job', measured, most: 1.25 }];
};
