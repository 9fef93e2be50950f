import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { root } from './workspace-packages.ts';

interface Run {
  readonly lastLine: string | undefined;
  readonly counts: string;
  readonly status: number | null;
}

/** Runs test files of the given texts with the reporter, in a folder and a process of their own. */
async function runTests(files: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'counts-'));
  try {
    for (const [index, body] of files.entries()) writeFileSync(join(folder, `${index}.test.js`), body);
    const countsFile = join(folder, 'counts');
    const reporter = join(root, 'scripts/plain-count-reporter.ts');
    const child = spawn(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--globals', '--root', folder, '--reporter', reporter],
      {
        env: { PATH: process.env['PATH'], TEST_COUNTS_FILE: countsFile, ...environment },
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    const closed = new Promise<number | null>((resolve) => void child.once('close', resolve));
    const output = await text(child.stdout);
    return {
      status: await closed,
      lastLine: output.trimEnd().split('\n').at(-1),
      counts: readFileSync(countsFile, 'utf8'),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const passing = "it('passes', () => {})";
const skipped = "it.skip('waits', () => {})";

it.concurrent.for([
  { what: 'a run that passes', files: [passing, passing], passed: 2, failed: 0 },
  {
    what: 'a test that fails',
    files: [`${passing}; it('fails', () => { throw new Error('no') })`],
    passed: 1,
    failed: 1,
  },
  { what: 'a file that does not load', files: [passing, "throw new Error('no')"], passed: 1, failed: 1 },
  {
    what: 'a hook that fails before its tests',
    files: [passing, `describe('a group', () => { beforeAll(() => { throw new Error('no') }); ${passing} })`],
    passed: 1,
    failed: 1,
  },
  {
    what: 'an unhandled rejection',
    files: ["it('passes', async () => { void Promise.reject(new Error('no')); await new Promise(setImmediate) })"],
    passed: 1,
    failed: 1,
  },
  { what: 'a skipped test at the desk', files: [passing, skipped], passed: 1, failed: 0 },
  { what: 'a skipped test in CI', files: [passing, skipped], environment: { CI: 'true' }, passed: 1, failed: 1 },
])('$what ends in its counts', async ({ files, environment, passed, failed }) => {
  expect(await runTests(files, environment)).toEqual({
    lastLine: `${passed} passed, ${failed} failed`,
    counts: `${passed} ${failed}\n`,
    status: failed > 0 ? 1 : 0,
  });
});
