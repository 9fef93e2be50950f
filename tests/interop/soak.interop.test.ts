import { expect, it } from 'vitest';
import { runSoak } from '../soak/run-soak.ts';
import { describeSoak } from '../soak/soak-report.ts';

// `pnpm soak` does the same for ten minutes, and with another seed each time.
it('the soak finds no error and no leak in many streams under chaos', async () => {
  const report = await runSoak({ durationMs: 9_000, concurrentCount: 60, seed: 1 });
  if (report.ledger.complaintsCount > 0) throw new Error(describeSoak(report));
  const streamsCount = report.phases.reduce((sum, phase) => sum + phase.streamsCount, 0);
  expect(streamsCount).toBeGreaterThan(report.phases.length * 60);
  expect(Object.keys(report.ledger.outcomes)).toEqual(
    expect.arrayContaining(['completed', 'blocked', 'truncated', 'stopped']),
  );
});
