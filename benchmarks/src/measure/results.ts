import { appendFileSync } from 'node:fs';
import type { JudgedGoal } from './goal.ts';

/** A table as it is printed: all cells are text, the first column names what was measured. */
export interface ResultTable {
  readonly title: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The output of a benchmark, in order. */
export type Result = { readonly table: ResultTable } | { readonly goals: readonly JudgedGoal[] };

/** Names the file to which a benchmark that runs under `pnpm bench` adds its results, a JSON object a line. */
export const resultsVariable = 'BENCH_RESULTS_FILE';

/** Writes a result to the file that the parent process names; a benchmark that runs alone only prints. */
export const recordResult = (result: Result): void => {
  const file = process.env[resultsVariable];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(result)}\n`);
};
