import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resultsVariable, type Result } from './measure/results.ts';
import type { BenchmarkResults } from './report/benchmark-report.ts';
import { describeRun } from './report/describe-run.ts';
import { benchmarksPage, goalsTable, runSentence } from './report/benchmarks-page.ts';
import { resultsPage } from './report/results-page.ts';

/**
 * Runs each benchmark in a process of its own, with the arguments of this one, and writes the results to
 * `benchmarks/results` as JSON and as a page. Unless it is a quick run, it writes `docs/benchmarks.md` too. Fails if a goal
 * was missed or a benchmark failed.
 */
const isQuick = process.argv.includes('--quick');
const folder = mkdtempSync(join(tmpdir(), 'gemini-bench-'));

const runBenchmark = (name: string): BenchmarkResults => {
  console.log(`\n# ${name}`);
  const file = join(folder, `${name}.ndjson`);
  writeFileSync(file, '');
  const startMs = performance.now();
  const program = join(import.meta.dirname, name, 'main.ts');
  const { status } = spawnSync(process.execPath, [...process.execArgv, program, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [resultsVariable]: file },
  });
  if (status !== 0) process.exitCode = 1;
  const results = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Result);
  return {
    name,
    seconds: (performance.now() - startMs) / 1_000,
    tables: results.flatMap((result) => ('table' in result ? [result.table] : [])),
    goals: results.flatMap((result) => ('goals' in result ? result.goals : [])),
  };
};

try {
  const names = readdirSync(import.meta.dirname).filter((name) =>
    existsSync(join(import.meta.dirname, name, 'main.ts')),
  );
  const report = { ...describeRun(), isQuick, benchmarks: names.map(runBenchmark) };
  const results = join(import.meta.dirname, '../results');
  const path = join(results, isQuick ? 'quick' : 'latest');
  mkdirSync(results, { recursive: true });
  writeFileSync(`${path}.json`, `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(`${path}.html`, resultsPage(report));
  if (!isQuick) {
    const page = join(import.meta.dirname, '../../docs/benchmarks.md');
    writeFileSync(page, benchmarksPage(report));
    spawnSync('oxfmt', [page], { stdio: 'inherit' });
  }
  console.log(`\n# All goals\n\n${runSentence(report)}\n\n${goalsTable(report)}\n\n${path}.json\n${path}.html`);
} finally {
  rmSync(folder, { recursive: true });
}
