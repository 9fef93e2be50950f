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

\`pnpm bench\` writes this page. It takes some minutes on a machine that does nothing else, and prints more tables than this
one; \`benchmarks/results\` then has all of them, with pictures. Compare ratios within one run only:

- **bare** is the plain composition by hand in the same run: undici, eventsource-parser, TextDecoder, JSON.parse.
- **floor** is the payloads alone, with their borders known in advance; **raw** is a bare socket.
- **peer** is the same figure of another client.

${runSentence(report)}

${goalsTable(report)}

[Why some goals are missed](decisions/0014-where-the-goals-are-missed.md).
`;
}
