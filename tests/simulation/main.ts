import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArguments } from './args.ts';
import { readPlan, writePlan } from './plan-file.ts';
import type { Failure } from './run-simulation.ts';

/**
 * `pnpm simulate --hours 1000 --seed 1`: exits with 1 if a promise was broken. Without a seed, another each time.
 * `--episode` runs one episode by its own seed, and `--plan` one that was kept; `--trace` prints all that happens in it.
 * `--keep` writes a failure to a file, `--json` prints the figures for a program, and `--break` puts a fault into the
 * product to see that it is found.
 */
const {
  hours,
  seed,
  minutes,
  episode,
  plans: files,
  trace,
  keep,
  json,
  break: broken,
} = readArguments(process.argv.slice(2), Date.now());
const { hrtime } = process;
const startedAt = hrtime.bigint();
const seconds = (): number => Number(hrtime.bigint() - startedAt) / 1e9;
const print = (text: string): boolean => process.stdout.write(`${text}\n`);

// The clock is replaced before anything that uses it is loaded.
await import('./install.ts');
const { makePlan } = await import('./make-plan.ts');
const { runEpisode, runSimulation } = await import('./run-simulation.ts');
const { describeSimulation } = await import('./report.ts');

function keepFailure({ episodeSeed, plan, violations: [violation] }: Failure): void {
  const name = `${violation?.promise.replaceAll(/\W+/g, '-') ?? 'failure'}-${episodeSeed}.json`;
  writeFileSync(join(import.meta.dirname, 'failures', name), writePlan(plan));
  print(`kept as tests/simulation/failures/${name}`);
}

if (episode === undefined && files.length === 0) {
  const report = await runSimulation({
    hours,
    seed,
    broken,
    isTimeOver: () => seconds() > minutes * 60,
    onProgress: ({ episodes, counts }) =>
      process.stderr.write(`${episodes} episodes, ${(counts.streamMs / 3_600_000).toFixed(1)} stream-hours\n`),
  });
  const { user, system } = process.cpuUsage();
  const description = describeSimulation(report, { real: seconds(), cpu: (user + system) / 1e6 });
  if (json) print(JSON.stringify(report));
  (json ? process.stderr : process.stdout).write(`${description}\n`);
  if (keep && report.failure !== undefined) keepFailure(report.failure);
  process.exitCode = report.failure === undefined ? 0 : 1;
} else {
  const kept = files.map((path) => readPlan(readFileSync(path, 'utf8')));
  for (const plan of episode === undefined ? kept : [makePlan(episode), ...kept]) {
    const { violations, hash } = await runEpisode(plan, { broken, onLine: trace ? print : undefined });
    for (const { promise, detail } of violations) print(`BROKEN ${promise}: ${detail}`);
    print(`episode ${plan.seed}, hash: ${hash}`);
    if (violations.length > 0) process.exitCode = 1;
  }
}
