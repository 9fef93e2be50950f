import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SdkMarks } from '../../scripts/count-cases.ts';
import { root } from '../workspace-packages.ts';
import { runCommand } from './run-command.ts';

/** Tests of this workspace that a section of the proof consists of. */
export interface ChosenTests {
  /** The project of the configuration; the interop tests if it is left out. */
  readonly project?: string | undefined;
  /** Part of the name of the file. */
  readonly file: string;
  /** Part of the names of the tests. */
  readonly name?: string | undefined;
  /** Makes more of them than CI runs. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** The counts of some tests. A test that says nothing of its cases is one case. */
export interface TestCounts {
  readonly tests: number;
  readonly cases: number;
  readonly failed: number;
  readonly marks: readonly SdkMarks[];
}

/** The time limit of one test, in milliseconds: with a thousand cases it takes many minutes. */
const longestTestMs = 3_600_000;

/** Runs tests, and counts their cases from vitest's report. Rejects if there are none. */
export async function countTests(chosen: ChosenTests, target: string): Promise<TestCounts> {
  const { project, file, name, environment = {} } = chosen;
  const report = join(target, `${file}.json`);
  const where = project === undefined ? ['--config', 'vitest.interop.config.ts'] : ['--project', project];
  const only = name === undefined ? [] : ['-t', name];
  const toFile = ['--reporter=json', `--outputFile=${report}`, `--testTimeout=${longestTestMs}`];
  const words = ['vitest', 'run', ...where, file, ...only, ...toFile];
  // A run with failures ends with an error; its report says which.
  const failure = await runCommand('pnpm', words, root, { ...process.env, ...environment }).then(
    () => undefined,
    (error: Error) => error,
  );
  const text = await readFile(report, 'utf8').catch(() => undefined);
  if (text === undefined) throw failure ?? new Error(`${file} has no report`);
  const { testResults } = JSON.parse(text) as JsonReport;
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  const ran = results.filter(({ status }) => status === 'passed' || status === 'failed');
  if (ran.length === 0) throw new Error(`no test of ${file} was run`);
  return {
    tests: ran.length,
    cases: ran.reduce((sum, { meta }) => sum + (meta?.cases ?? 1), 0),
    failed: ran.filter(({ status }) => status === 'failed').length,
    marks: ran.flatMap(({ meta }) => meta?.marks ?? []),
  };
}

/** The part of vitest's JSON report that is read. */
interface JsonReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly meta?: { readonly cases?: number; readonly marks?: SdkMarks };
    }[];
  }[];
}
