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

\`pnpm bench\` writes this page. Run it on an otherwise idle machine; it takes ten minutes. It also writes all its tables and
charts to \`benchmarks/results\`. Compare only ratios from the same run:

- **bare** is a hand-written combination of undici, eventsource-parser, TextDecoder and JSON.parse. **The same job** is bare
  that also keeps what every client has to: an event a chunk, the joined text and the last token counts.
- **floor** processes the payloads alone, with known boundaries. **raw** is a plain socket.
- **peer** is the same measurement of another client.

${runSentence(report)}

${goalsTable(report)}

[Decision 14](decisions/0014-what-the-layers-cost.md) says what the layers cost, and why some goals are missed.

## Add a client

A contestant reads the stream at a base URL to its end and passes on the text of each event:

\`\`\`js
const another = async (baseUrl, onText) => {
  const client = new AnotherClient({ apiKey: 'any', baseUrl });
  for await (const chunk of client.stream({ model: 'gemini-flash-latest', prompt: 'hi' })) onText(chunk.text);
};
\`\`\`

1. Add the package to \`devDependencies\` of \`benchmarks/package.json\`, with an exact version.
2. Add the function to \`contestants\` in [\`benchmarks/src/client/socket-contestants.ts\`](../benchmarks/src/client/socket-contestants.ts), under the name for the tables.
3. Read the text as the client's documentation shows it, with its defaults. Turn off its logging, and nothing else.
4. Run \`pnpm --filter @gemini/benchmarks bench:client --quick\`: a contestant that loses an event fails the run.
5. Run \`pnpm bench\` on an idle machine, and commit the page.
`;
}
