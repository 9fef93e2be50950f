import { median } from './interleave.ts';
import { measureApart } from './measure-apart.ts';

/** So many streams of one contestant, opened in steps, each of which is looked at when its streams have so many events. */
export interface HoldLoad {
  readonly name: string;
  readonly origin: string;
  readonly steps: readonly number[];
  readonly perSecond: number;
  readonly eventsEach: number;
}

/** The memory of a process with a number of open streams, after a collection. */
export interface StreamsHeld {
  readonly streams: number;
  readonly residentBytes: number;
  /** The JavaScript heap in use, and what it holds outside itself. */
  readonly liveBytes: number;
}

/** The memory that one more stream adds, in KiB, from the first step to the last. */
export interface HeldPerStream {
  readonly residentKibibytes: number;
  readonly liveKibibytes: number;
}

// The same for all: left to itself, V8 lets the young generation of a client grow with its garbage, by up to 96 MiB,
// which would be counted as a hundred KiB for each of a thousand streams, or not at all.
const youngGeneration = ['--min-semi-space-size=1', '--max-semi-space-size=1'];

/** Opens so many streams, step by step, with a program that calls `holdStreams`, and looks after each step. */
export const measureHeld = (program: string, load: HoldLoad): Promise<readonly StreamsHeld[]> =>
  measureApart(program, load, youngGeneration);

/**
 * The slope between two numbers of streams, because what a client loads, compiles and sets aside once is no cost of a
 * stream, and would be divided by however many there happen to be: of 700 streams, the first 200 do not bring all of it.
 * The median of some runs.
 */
export const heldPerStream = (runs: readonly (readonly StreamsHeld[])[]): HeldPerStream => {
  const slope = (bytesOf: (held: StreamsHeld) => number): number =>
    median(
      runs.map((run) => {
        const [first, last] = [run[1], run.at(-1)];
        if (first === undefined || last === undefined) return Number.NaN;
        return (bytesOf(last) - bytesOf(first)) / 1_024 / (last.streams - first.streams);
      }),
    );
  return {
    residentKibibytes: slope(({ residentBytes }) => residentBytes),
    liveKibibytes: slope(({ liveBytes }) => liveBytes),
  };
};
