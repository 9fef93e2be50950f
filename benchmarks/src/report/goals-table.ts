import { formatBound } from '../measure/goal.ts';
import { formatNumber, markdownTable } from '../measure/print-table.ts';
import type { BenchmarkReport } from './benchmark-report.ts';

const verdicts = { missed: '**missed**', met: 'met', 'met, with the stretch': 'met, and the stretch' } as const;

/** Every goal of a run with what became of it, losses included, as Markdown. */
export const goalsTable = ({ benchmarks }: BenchmarkReport): string =>
  markdownTable(
    ['what', 'measured', 'goal', 'stretch', 'verdict'],
    benchmarks.flatMap(({ name, goals }) =>
      goals.map((goal) => [
        `${name}: ${goal.what}`,
        formatNumber(goal.measured),
        formatBound(goal, goal.most ?? goal.least),
        formatBound(goal, goal.stretch),
        verdicts[goal.verdict],
      ]),
    ),
  );

/** The machine, the day and the versions, as a sentence. */
export const runSentence = ({ date, isQuick, machine, versions }: BenchmarkReport): string => {
  const peers = Object.entries(versions).filter(([name]) => !name.startsWith('@gemini/') && name !== 'node');
  const named = peers.map(([name, version]) => `${name} ${version}`).join(', ');
  const length = isQuick ? 'A quick run, too short to rely on,' : 'One run';
  return `${length} on ${date}: Node ${versions['node']}, ${machine.cores} cores (${machine.processor}), ${machine.memoryGib} GiB; ${named}.`;
};
