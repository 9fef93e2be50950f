import { formatBound, type JudgedGoal } from '../measure/goal.ts';
import { formatNumber } from '../measure/print-table.ts';
import type { ResultTable } from '../measure/results.ts';
import type { BenchmarkReport, BenchmarkResults } from './benchmark-report.ts';
import { pageStyle } from './page-style.ts';
import { runSentence } from './benchmarks-page.ts';

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** How much of what the goal allows was used: 1 is just met, whichever way the bound points. */
const shareUsed = (goal: JudgedGoal, bound: number): number =>
  goal.least === undefined ? goal.measured / bound : bound / goal.measured;

/** The bar ends where twice the allowance is used; the goal's mark stands in its middle. */
const goalPicture = (goal: JudgedGoal): string => {
  const bound = goal.most ?? goal.least ?? goal.stretch;
  if (bound === undefined) return '';
  const used = Math.min(2, Math.max(0, shareUsed(goal, bound))) * 100;
  const stretchAt =
    goal.stretch === undefined ? undefined : shareUsed({ ...goal, measured: goal.stretch }, bound) * 100;
  const stretch =
    stretchAt === undefined ? '' : `<line class="stretch" x1="${stretchAt}" x2="${stretchAt}" y1="3" y2="13"/>`;
  const isMissed = goal.verdict === 'missed';
  return `<svg viewBox="0 0 200 16" preserveAspectRatio="none" role="img" aria-label="${formatNumber(used)} % of the goal"><rect class="track" width="200" height="6" y="5" rx="3"/><rect class="${isMissed ? 'missed' : 'used'}" width="${used.toFixed(1)}" height="6" y="5" rx="3"/>${stretch}<line class="bound" x1="100" x2="100" y1="0" y2="16"/></svg>`;
};

const goalRow = (goal: JudgedGoal): string => `<tr class="${goal.verdict === 'missed' ? 'is-missed' : ''}">
<th scope="row">${escape(goal.what)}</th><td>${formatNumber(goal.measured)}</td><td>${escape(formatBound(goal, goal.most ?? goal.least))}</td><td>${escape(formatBound(goal, goal.stretch))}</td><td class="picture">${goalPicture(goal)}</td><td class="verdict">${goal.verdict}</td></tr>`;

const goalsSection = (goals: readonly JudgedGoal[]): string =>
  goals.length === 0
    ? ''
    : `<div class="wide"><table><thead><tr><th>goal</th><th>measured</th><th>bound</th><th>stretch</th><th class="picture">share of the bound</th><th class="verdict">verdict</th></tr></thead><tbody>${goals.map(goalRow).join('')}</tbody></table></div>`;

const isRatio = (head: string): boolean => /^(x|times) /.test(head);

/** Ratios differ by orders of magnitude between clients, so bars are logarithmic: 1 x is empty, 10 x or more is full. */
const ratioBar = (value: number, largest: number): string => {
  const share = Math.max(0, Math.log(value) / Math.log(Math.max(10, largest)));
  return `<span class="ratio" style="--share:${(share * 100).toFixed(1)}%"></span>`;
};

const tableSection = ({ title, heads, rows }: ResultTable): string => {
  const largest = heads.map((_, column) =>
    Math.max(...rows.map((row) => Number(row[column])).filter((value) => Number.isFinite(value))),
  );
  const cell = (text: string, column: number): string => {
    if (column === 0) return `<th scope="row">${escape(text)}</th>`;
    const value = Number(text);
    const bar = isRatio(heads[column] ?? '') && value > 0 ? ratioBar(value, largest[column] ?? 1) : '';
    return `<td>${bar}${escape(text)}</td>`;
  };
  const head = heads.map((text) => `<th>${escape(text)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('');
  return `<h3>${escape(title)}</h3><div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
};

const benchmarkSection = ({ name, seconds, tables, goals }: BenchmarkResults): string =>
  `<section id="${escape(name)}"><h2>${escape(name)} <small>${Math.round(seconds)} s</small></h2>${goalsSection(goals)}${tables
    .filter(({ title }) => title !== 'Goals')
    .map(tableSection)
    .join('')}</section>`;

/** One page that needs nothing else: every goal with its picture, and every table. */
export const resultsPage = (report: BenchmarkReport): string => {
  const goals = report.benchmarks.flatMap((benchmark) => benchmark.goals);
  const met = goals.filter(({ verdict }) => verdict !== 'missed').length;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Benchmarks, ${report.date}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
<h1>${met} of ${goals.length} goals met</h1>
<p>${escape(runSentence(report))} Only ratios within one run mean anything. The mark in the middle of a bar is the goal, the thin one the stretch goal; bars of ratios in the tables are logarithmic.</p>
<nav>${report.benchmarks.map(({ name }) => `<a href="#${escape(name)}">${escape(name)}</a>`).join(' ')}</nav>
${report.benchmarks.map(benchmarkSection).join('\n')}
</main>
</body>
</html>
`;
};
