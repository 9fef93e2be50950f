import { expect, it } from 'vitest';
import { judge } from '../benchmarks/src/measure/goal.ts';
import type { BenchmarkReport } from '../benchmarks/src/report/benchmark-report.ts';
import { benchmarksPage } from '../benchmarks/src/report/benchmarks-page.ts';
import { resultsPage } from '../benchmarks/src/report/results-page.ts';

const report: BenchmarkReport = {
  date: '2026-01-31',
  isQuick: false,
  machine: { processor: 'any', cores: 2, memoryGib: 8, system: 'linux 6' },
  versions: { node: '24.0.0' },
  benchmarks: [
    {
      name: '<b>',
      seconds: 1,
      tables: [],
      goals: [
        judge({ what: 'reading', measured: 1.3, most: 1.6, peer: { name: 'a peer', measured: 9 } }),
        judge({ what: 'writing', measured: 1.7, most: 1.6 }),
      ],
    },
  ],
};

it('A figure meets its goal only if it is within the bound, whichever way the bound points', () => {
  const verdictOf = (measured: number, bound: object) => judge({ what: 'it', measured, ...bound }).verdict;
  expect(verdictOf(1.25, { most: 1.25 })).toBe('met');
  expect(verdictOf(1.26, { most: 1.25 })).toBe('missed');
  expect(verdictOf(1.05, { most: 1.25, stretch: 1.1 })).toBe('met, with the stretch');
  expect(verdictOf(8, { least: 8, stretch: 10 })).toBe('met');
  expect(verdictOf(7.9, { least: 8, stretch: 10 })).toBe('missed');
  expect(verdictOf(Number.NaN, { most: 1.25 })).toBe('missed');
});

it('The page in docs/ has a row for each goal, with the peer, and marks a missed goal', () => {
  const rows = benchmarksPage(report)
    .split('\n')
    .filter((line) => line.startsWith('| <b>'));
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  expect(cells).toEqual([
    ['', '<b>: reading', '<= 1.6', '1.30', 'a peer 9.00', ''],
    ['', '<b>: writing', '<= 1.6', '**1.70, missed**', '', ''],
  ]);
});

it('The page of pictures escapes the name of a benchmark', () => {
  expect(resultsPage(report)).toContain('&lt;b&gt;');
  expect(resultsPage(report)).not.toContain('<b>');
});
