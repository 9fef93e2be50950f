import { interleave, medianMs, medianRatio, type Timings } from '../measure/interleave.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { cutEvery, makeImageWire } from './gemini-events.ts';
import { bare, makeOwnContestants } from './own-contestants.ts';
import { genai, makePeerContestants } from './peer-contestants.ts';

/** Megabytes in the one event, and what it took. */
export type ImageRuns = ReadonlyMap<number, Timings>;

/** Those of the peers that give the event on as it is. */
const readers = ['openai, Stream', 'ai, parseJsonEventStream', genai];

export const measureImages = async (
  megabytes: readonly number[],
  withPeers: boolean,
  rounds: number,
): Promise<ImageRuns> => {
  const runs = new Map<number, Timings>();
  for (const size of megabytes) {
    const wire = makeImageWire(size * 1e6);
    const chunks = cutEvery(wire, 16 * 1024);
    const peers = makePeerContestants(chunks).filter(({ name }) => readers.includes(name));
    const contestants = [...makeOwnContestants(wire, chunks), ...(withPeers ? peers : [])];
    runs.set(size, await interleave(contestants, { rounds, warmUpRounds: 2, expected: 1, collect: true }));
  }
  return runs;
};

export const growth = (runs: ImageRuns, name: string, from: number, to: number): number => {
  const [before, after] = [runs.get(from), runs.get(to)];
  return before && after ? medianMs(after, name) / medianMs(before, name) : Number.NaN;
};

export const printImageRuns = (title: string, runs: ImageRuns): void => {
  const sizes = [...runs.keys()];
  const names = [...(runs.get(sizes[0] ?? 0)?.keys() ?? [])];
  const largest = sizes.at(-1) ?? 0;
  const rows = names.map((name) => [
    name,
    ...[...runs.values()].map((timings) => formatNumber(medianMs(timings, name))),
    formatNumber(medianRatio(runs.get(largest) ?? new Map(), name, bare)),
    ...sizes.slice(1).map((size, index) => formatNumber(growth(runs, name, sizes[index] ?? 0, size))),
  ]);
  const growths = sizes.slice(1).map((size, index) => `${size}/${sizes[index]}`);
  printTable(
    title,
    ['bytes to parsed JSON', ...sizes.map((size) => `${size} MB, ms`), `x bare, ${largest} MB`, ...growths],
    rows,
  );
};
