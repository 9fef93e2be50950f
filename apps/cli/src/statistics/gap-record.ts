import { createHistogram, type Histogram } from './histogram.ts';

/** The waits between the pieces of an answer, in milliseconds, in a fixed amount of memory. */
export interface GapRecord {
  /** A piece came at this time. */
  see(atMs: number): void;
  readonly gaps: Histogram;
  /** The waits in order, at most `columns` of them: neighbours are shown as the longer of them. */
  shape(): readonly number[];
}

/** Width of the picture, in characters. */
const columns = 24;

/** Notes the waits between pieces. */
export function createGapRecord(): GapRecord {
  const gaps = createHistogram();
  let lastMs: number | undefined;
  let shape: number[] = [];
  // How many waits each column stands for, and how many the last one has yet.
  let perColumn = 1;
  let inLast = 0;
  const draw = (gapMs: number): void => {
    if (inLast === perColumn || shape.length === 0) {
      if (shape.length === 2 * columns) {
        shape = pairs(shape);
        perColumn *= 2;
      }
      shape.push(0);
      inLast = 0;
    }
    shape.push(Math.max(shape.pop() ?? 0, gapMs));
    inLast += 1;
  };
  return {
    gaps,
    see(atMs) {
      if (lastMs !== undefined) {
        gaps.record(atMs - lastMs);
        draw(atMs - lastMs);
      }
      lastMs = atMs;
    },
    shape: () => (shape.length > columns ? pairs(shape) : shape),
  };
}

function pairs(values: readonly number[]): number[] {
  return values.flatMap((value, index) => (index % 2 === 0 ? [Math.max(value, values[index + 1] ?? 0)] : []));
}
