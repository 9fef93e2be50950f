import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { BenchmarkReport } from '../benchmarks/src/report/benchmark-report.ts';
import { judge } from '../benchmarks/src/measure/goal.ts';
import { readmeBlock, replaceBlock, tablesPage } from '../benchmarks/src/report/report-documents.ts';
import { resultsPage } from '../benchmarks/src/report/results-page.ts';
import { root } from './workspace-packages.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const report = JSON.parse(read('benchmarks/results/latest.json')) as BenchmarkReport;

// What a formatter may change: the width of a table's columns.
const plain = (document: string): string => document.replaceAll(/-+/g, '-').replaceAll(/\s+/g, ' ').trim();

it('shows in the README what the run of the results found, and nothing else', () => {
  expect(plain(replaceBlock(read('README.md'), readmeBlock(report)))).toBe(plain(read('README.md')));
  expect(plain(tablesPage(report))).toBe(plain(read('docs/benchmarks.md')));
});

it('calls a goal met only where the figure meets it', () => {
  const goals = report.benchmarks.flatMap((benchmark) => benchmark.goals);
  expect(goals.length).toBeGreaterThan(25);
  for (const { verdict, ...goal } of goals) expect(judge(goal).verdict).toBe(verdict);
  expect(report.isQuick).toBe(false);
});

it('judges a figure by its bound, whichever way it points', () => {
  const verdictOf = (measured: number, bound: object) => judge({ what: 'it', measured, ...bound }).verdict;
  expect(verdictOf(1.25, { most: 1.25 })).toBe('met');
  expect(verdictOf(1.26, { most: 1.25 })).toBe('missed');
  expect(verdictOf(1.05, { most: 1.25, stretch: 1.1 })).toBe('met, with the stretch');
  expect(verdictOf(8, { least: 8, stretch: 10 })).toBe('met');
  expect(verdictOf(7.9, { least: 8, stretch: 10 })).toBe('missed');
  expect(verdictOf(Number.NaN, { most: 1.25 })).toBe('missed');
});

it('escapes what a benchmark calls itself in the page of pictures', () => {
  const named: BenchmarkReport = { ...report, benchmarks: [{ name: '<b>', seconds: 1, tables: [], goals: [] }] };
  expect(resultsPage(named)).toContain('&lt;b&gt;');
  expect(resultsPage(named)).not.toContain('<b>');
});
