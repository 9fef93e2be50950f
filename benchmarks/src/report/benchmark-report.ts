import type { JudgedGoal } from '../measure/goal.ts';
import type { ResultTable } from '../measure/results.ts';

/** The results of one benchmark. */
export interface BenchmarkResults {
  readonly name: string;
  readonly seconds: number;
  readonly tables: readonly ResultTable[];
  readonly goals: readonly JudgedGoal[];
}

/** One run of all of them, with what one has to know to judge it. */
export interface BenchmarkReport {
  /** The day of the run, as `2026-01-31`. */
  readonly date: string;
  /** A run that is too short for figures to rely on. */
  readonly isQuick: boolean;
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly memoryGib: number;
    readonly system: string;
  };
  /** By package, `node` among them. */
  readonly versions: Readonly<Record<string, string>>;
  readonly benchmarks: readonly BenchmarkResults[];
}
