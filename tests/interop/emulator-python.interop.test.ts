import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createEmulator } from '@gemini/emulator';
import { expect, it } from 'vitest';
import { root } from '../workspace-packages.ts';

const script = fileURLToPath(new URL('emulator_client.py', import.meta.url));

interface Seen {
  readonly text: string;
  readonly turns: string;
  readonly thoughts: number;
  readonly call: { readonly name: string; readonly args: { readonly city: string } };
  readonly answered: string;
  readonly structured: unknown;
  readonly tokens: number;
  readonly models: readonly string[];
  readonly refused: readonly [number, string, string];
  readonly continued: string;
}

it('the emulator serves the standard library of Python', async () => {
  await using emulator = await createEmulator();
  const { stdout } = await promisify(execFile)('python3', [script, emulator.url]);
  const seen = JSON.parse(stdout) as Seen;
  expect(seen.text).toBe('1, 2, 3, 4, 5.');
  expect(seen.turns).toContain('Ada');
  expect(seen.thoughts).toBeGreaterThan(0);
  expect(seen.call).toMatchObject({ name: 'get_weather', args: { city: 'Lisbon' } });
  expect(seen.answered).toContain('clear');
  expect(seen.structured).toEqual({ days: 3 });
  expect(seen.tokens).toBe(2);
  expect(seen.models).toContain('models/gemini-2.5-flash');
  expect(seen.refused).toEqual([429, 'RESOURCE_EXHAUSTED', '5s']);
  expect(seen.continued).toBe('1, 2, 3, 4, 5, 6, 7, 8, 9.');
  const left = emulator.requests.find(({ scenario }) => scenario === 'long-and-healthy');
  expect(left && (await emulator.whenClosed(left.id)).closedBy).toBe('client');
});

it('the page for other languages has a program that passes with its replies, through the command', async () => {
  const page = readFileSync(join(root, 'docs/testing-in-other-languages.md'), 'utf8');
  const block = (language: string): string =>
    new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(page)?.[1] ?? '';
  const folder = await mkdtemp(join(tmpdir(), 'emulator-python-'));
  try {
    await writeFile(join(folder, 'replies.json'), block('json'));
    await writeFile(join(folder, 'test_answers.py'), block('python'));
    const emulator = join(root, 'packages/emulator/bin/gemini-emulator.js');
    const args = [emulator, '--pace', 'full', '--script', 'replies.json', '--', 'python3', '-m', 'unittest'];
    const { stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder });
    expect(stderr).toMatch(/Ran 2 tests in .*\n\nOK\n$/s);
  } finally {
    await rm(folder, { recursive: true });
  }
});
