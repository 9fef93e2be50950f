import { createEmulator } from '@gemini/emulator';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { noExporters, readmeExamples, runExample } from '../scripts/readme-examples.ts';
import { root } from './workspace-packages.ts';

const pages = globSync('docs/*.md', { cwd: root });
// `moving-from-genai.test.ts` runs the examples of its page.
const ownPages = pages.filter((page) => page !== 'docs/moving-from-genai.md');
const examples = ownPages.flatMap((page) => readmeExamples(join(root, page)).map((example) => ({ page, ...example })));

describe('an example of the documentation', () => {
  it.concurrent.for(examples)('runs: $page, line $line', async ({ code, output }) => {
    await using emulator = await createEmulator();
    // A folder from which its imports resolve: the root of the workspace depends on no package.
    const run = await runExample(code, join(root, 'tests'), { GEMINI_BASE_URL: emulator.url, ...noExporters });
    expect(run).toMatchObject({ stderr: '', exitCode: 0 });
    if (output !== undefined) expect(run.stdout).toBe(output);
  });
});

describe('a page', () => {
  const readers = [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    ...pages,
    ...globSync('docs/decisions/*.md', { cwd: root }),
  ];

  it.for(readers)('links to files that are there: %s', (page) => {
    const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```.*?^```$/gms, '');
    const links = [...text.matchAll(/\]\((?!https?:|mailto:)([^)#]+)[^)]*\)/g)].map((match) => match[1] ?? '');
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });

  it.for(pages)('is found from the README: %s', (page) => {
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(`](${page})`);
  });
});
