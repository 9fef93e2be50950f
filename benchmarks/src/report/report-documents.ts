import { markdownTable } from '../measure/print-table.ts';
import type { BenchmarkReport } from './benchmark-report.ts';
import { goalsTable, runSentence } from './goals-table.ts';

/** What the root README says of a run: every goal, met or missed. */
export const readmeBlock = (report: BenchmarkReport): string => `${runSentence(report)}\n\n${goalsTable(report)}`;

/** A page of every table of a run, the peers' among them. */
export const tablesPage = (report: BenchmarkReport): string => {
  const sections = report.benchmarks.map(({ name, tables }) => {
    const shown = tables.filter(({ title }) => title !== 'Goals');
    return `## ${name}\n\n${shown.map(({ title, heads, rows }) => `${title}\n\n${markdownTable(heads, rows)}`).join('\n\n')}`;
  });
  return `# What was measured

Written by \`pnpm bench\`, which takes some minutes on a machine that has nothing else to do. Only ratios within one run
mean anything: "bare" is the plain composition by hand (undici, eventsource-parser, TextDecoder, JSON.parse) in the same
run, "floor" the payloads alone, their borders known in advance. Which goals were met stands in the
[README](../README.md#what-it-costs), and all of it with pictures in [a page](../benchmarks/results/latest.html).

${runSentence(report)}

${sections.join('\n\n')}
`;
};

const begin = '<!-- benchmarks: written by pnpm bench -->';
const end = '<!-- benchmarks: end -->';

/** Puts a block between its marks. @throws Error where the marks are missing */
export const replaceBlock = (document: string, block: string): string => {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the document has no ${begin}`);
  return `${document.slice(0, from + begin.length)}\n\n${block}\n\n${document.slice(to)}`;
};
