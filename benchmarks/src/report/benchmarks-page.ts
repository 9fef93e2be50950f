import { formatBound, type JudgedGoal } from '../measure/goal.ts';
import { formatNumber, markdownTable } from '../measure/print-table.ts';
import type { BenchmarkReport } from './benchmark-report.ts';

/** Returns every goal of a run with its figure, misses included, as a Markdown table. */
export function goalsTable({ benchmarks }: BenchmarkReport): string {
  return markdownTable(
    ['what', 'goal', 'measured', 'peer'],
    benchmarks.flatMap(({ name, goals }) => goals.map((goal) => goalRow(name, goal))),
  );
}

function goalRow(benchmark: string, goal: JudgedGoal): string[] {
  const measured = formatNumber(goal.measured);
  return [
    `${benchmark}: ${goal.what}`,
    formatBound(goal, goal.most ?? goal.least ?? goal.stretch),
    goal.verdict === 'missed' ? `**${measured}, missed**` : measured,
    goal.peer === undefined ? '' : `${goal.peer.name} ${formatNumber(goal.peer.measured)}`,
  ];
}

/** Returns a sentence with the machine, the day and the versions of a run. */
export function runSentence({ date, isQuick, machine, versions }: BenchmarkReport): string {
  const peers = Object.entries(versions).filter(([name]) => !name.startsWith('@gemini/') && name !== 'node');
  const named = peers.map(([name, version]) => `${name} ${version}`).join(', ');
  const length = isQuick ? 'A quick run, too short to rely on,' : 'One run';
  return `${length} on ${date}: Node ${versions['node']}, ${machine.cores} cores (${machine.processor}), ${machine.memoryGib} GiB; ${named}.`;
}

/** Returns the text of `docs/benchmarks.md` for a run. */
export function benchmarksPage(report: BenchmarkReport): string {
  return `# Benchmarks

\`pnpm bench\` writes this page. Run it on an otherwise idle machine; it takes some minutes. It also writes all its tables and
charts to \`benchmarks/results\`. Compare only ratios from the same run:

- **bare** is a hand-written combination of undici, eventsource-parser, TextDecoder and JSON.parse. **The same job** is bare
  that also keeps what every client has to: an event a chunk, the joined text and the last token counts.
- **floor** processes the payloads alone, with known boundaries. **raw** is a plain socket.
- **peer** is the same measurement of another client.

${runSentence(report)}

${goalsTable(report)}

[Decision 14](decisions/0014-what-the-layers-cost.md) says what the layers cost, and why some goals are missed.
`;
}
