import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/**
 * `pnpm fuzz --minutes 10`: every property of the workspace, round after round, each with another seed and ten times
 * (`--runs`) as many cases as in its test. The first round's seed is fixed (`--seed`). Stops at the first failure, with
 * the command that shows it again.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '10' },
  },
});

const files = globSync(['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'tests/*.test.ts']).filter((file) =>
  /^import .* from 'fast-check';$/m.test(readFileSync(file, 'utf8')),
);
const deadline = performance.now() + Number(values.minutes) * 60_000;
let seed = Number(values.seed);
let round = 0;
do {
  round += 1;
  const startedAt = performance.now();
  const { status } = spawnSync('vitest', ['run', '--reporter=dot', ...files], {
    env: { ...process.env, FAST_CHECK_SEED: String(seed), FAST_CHECK_RUNS: values.runs },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  process.stdout.write(`round ${round}, seed ${seed}: ${status === 0 ? 'passed' : 'FAILED'} in ${seconds} s\n`);
  if (status !== 0) {
    process.stdout.write(`see it again: pnpm fuzz --minutes 0 --seed ${seed} --runs ${values.runs}\n`);
    process.exitCode = 1;
    break;
  }
  seed = Math.floor(Math.random() * 2 ** 31);
} while (performance.now() < deadline);
process.stdout.write(`${round} rounds of ${files.length} files\n`);
