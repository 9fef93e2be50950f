import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { apiEntries, apiReport, exportsPage } from '../scripts/api-report.ts';
import { readSurface } from '../scripts/api-surface.ts';
import { readmeExamples } from '../scripts/readme-examples.ts';
import { root } from './workspace-packages.ts';

const entries = apiEntries();
const examples = [...globSync('docs/*.md', { cwd: root }), ...globSync('{packages,apps}/*/README.md', { cwd: root })]
  .flatMap((page) => readmeExamples(join(root, page)))
  .map(({ code }) => code)
  .join('\n');

describe.for(entries)('$specifier', (entry) => {
  it('exports what its report in api/ says; `pnpm build && pnpm api:update` writes it anew', () => {
    expect(existsSync(entry.declarations), 'built').toBe(true);
    expect(readFileSync(join(root, 'api', entry.report), 'utf8')).toBe(apiReport(entry));
  });

  it('says of each export what its name cannot', () => {
    const silent = readSurface(entry.declarations).exported.filter(({ summary }) => summary === '');
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  it('shows each function, class and constant in an example that runs', () => {
    const values = readSurface(entry.declarations).exported.filter(({ kind }) => kind === 'value');
    const unseen = values.filter(({ name }) => !new RegExp(`\\b${name}\\b`).test(examples));
    expect(unseen.map(({ name }) => name)).toEqual([]);
  });
});

it('has a report for each entry and for nothing else, and one page of all names', () => {
  expect(readdirSync(join(root, 'api')).toSorted()).toEqual(entries.map(({ report }) => report).toSorted());
  expect(readFileSync(join(root, 'docs/exports.md'), 'utf8')).toBe(exportsPage(entries));
});
