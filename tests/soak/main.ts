import { parseArgs } from 'node:util';
import { runSoak } from './run-soak.ts';
import { describeSoak } from './soak-report.ts';

/** `pnpm soak --minutes 10 --streams 200 --seed 1`: exits with 1 when anything was wrong. Without a seed, another each time. */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    streams: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const report = await runSoak({
  durationMs: Number(values.minutes) * 60_000,
  concurrentCount: Number(values.streams),
  seed: Number(values.seed),
  onProgress: (line) => process.stderr.write(`${line}\n`),
});
process.stdout.write(`${describeSoak(report)}\n`);
process.exitCode = report.ledger.complaintsCount === 0 ? 0 : 1;
