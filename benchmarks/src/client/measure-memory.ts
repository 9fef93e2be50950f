import { fileURLToPath } from 'node:url';
import type { Goal } from '../measure/goal.ts';
import { type HeldPerStream, heldPerStream, measureHeld, type StreamsHeld } from '../measure/measure-held.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { genaiName, sameJob, subscriber } from './socket-contestants.ts';

/** The same for all: of a client that opens them more slowly, the first streams would hold more of an answer. */
const eventsEach = 6;

const program = fileURLToPath(new URL('hold-streams.ts', import.meta.url));

/**
 * The memory that one more stream adds to a process that has many, with the answer that it has kept so far. Our client
 * keeps the answer, as {@link sameJob} does.
 */
export const measureMemory = async (origin: string, isQuick: boolean): Promise<Goal[]> => {
  const steps = isQuick ? [100, 300] : [600, 1_200];
  const runs = new Map<string, (readonly StreamsHeld[])[]>();
  for (let round = 0; round < (isQuick ? 1 : 7); round += 1) {
    const isWhole = !isQuick && round === 0;
    for (const name of [...(isWhole ? [genaiName] : []), sameJob, subscriber]) {
      const held = await measureHeld(program, { name, origin, steps, perSecond: 5, eventsEach });
      runs.set(name, [...(runs.get(name) ?? []), held]);
    }
  }
  const costs = new Map([...runs].map(([name, held]) => [name, heldPerStream(held)]));
  const kibibytes = (name: string, figure: keyof HeldPerStream): number => costs.get(name)?.[figure] ?? Number.NaN;
  const ratio = (name: string, figure: keyof HeldPerStream): number =>
    kibibytes(name, figure) / kibibytes(sameJob, figure);
  printTable(
    `One more stream between ${steps.join(' and ')}, each with ${eventsEach} events`,
    ['client', 'resident KiB', 'x the same job', 'live KiB', 'x the same job'],
    [...runs.keys()].map((name) => [
      name,
      ...(['residentKibibytes', 'liveKibibytes'] as const)
        .flatMap((figure) => [kibibytes(name, figure), ratio(name, figure)])
        .map(formatNumber),
    ]),
  );
  const goalOf = (word: string, figure: keyof HeldPerStream, most: number, stretch: number): Goal => {
    const peer = runs.has(genaiName) ? { peer: { name: genaiName, measured: ratio(genaiName, figure) } } : {};
    const what = `a stream of ${steps.at(-1)}, ${word} x the same job`;
    return { what, measured: ratio(subscriber, figure), most, stretch, ...peer };
  };
  const resident = goalOf('resident', 'residentKibibytes', 1.25, 1.15);
  return isQuick ? [resident] : [resident, goalOf('live heap', 'liveKibibytes', 1.3, 1.2)];
};
