import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { commandTable } from '../src/command-table.ts';
import { commandTimeoutMs, runCommand } from './run-command.ts';
import { runHere } from './run-here.ts';

// Tells which modules a command loads, on standard error when it ends.
const hooks = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({ resolve: (specifier, context, next) => (loaded.push(specifier), next(specifier, context)) });
  process.on('exit', () => process.stderr.write(JSON.stringify(loaded)));
`)}`;

describe('--help', { timeout: commandTimeoutMs }, () => {
  it('loads no package and no command file, so that it is fast', async () => {
    const run = await runCommand(['--help'], { env: { NODE_OPTIONS: `--import ${hooks}` } });
    expect(run.exitCode).toBe(0);
    const loaded = JSON.parse(run.stderr) as string[];
    expect(loaded).toContain('./run.ts');
    expect(
      loaded.filter((specifier) =>
        /@gemini|commands\/|readline|zod|undici|markdansi|marked|string-width|wrap-ansi|bomb/.test(specifier),
      ),
    ).toEqual([]);
    for (const { name, summary } of commandTable)
      expect(run.stdout).toMatch(new RegExp(`^ {2}${name} +${summary.slice(0, 9)}`, 'm'));
  });

  it('and an answer in a pipe load none of the libraries of a terminal', async () => {
    await using emulator = await createEmulator();
    const env = { NODE_OPTIONS: `--import ${hooks}`, GEMINI_BASE_URL: emulator.url };
    const { stdout, stderr } = await runCommand(['--render', 'Say yes'], { env });
    expect(stdout).toBe('yes');
    const loaded = JSON.parse(stderr) as string[];
    expect(loaded).toContain('@gemini/client');
    expect(loaded.filter((specifier) => /markdansi|marked|string-width|wrap-ansi|bomb/.test(specifier))).toEqual([]);
  });

  // The emulator's command writes its own.
  const entries = commandTable.filter(({ name }) => name !== 'emulate');
  it.for(entries)('of $name shows its usage and examples', async ({ name }) => {
    const run = await runHere([name, '--help']);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toContain(`gemini-stream ${name}: `);
    expect(run.stdout).toContain('\nExamples\n');
    expect(run.stdout).toContain('--help');
  });

  it('is also printed by the help command', async () => {
    expect((await runHere(['help'])).stdout).toBe((await runHere(['--help'])).stdout);
    expect((await runHere(['help', 'chat'])).stdout).toBe((await runHere(['chat', '-h'])).stdout);
  });
});

it('the program prints its version', async () => {
  expect(await runHere(['--version'])).toMatchObject({
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    exitCode: 0,
  });
});

it('every word after -- is a prompt', async () => {
  await using emulator = await createEmulator();
  const run = await runHere(['--base-url', emulator.url, '--', 'demo']);
  expect(run.exitCode).toBe(0);
  expect(emulator.requests).toMatchObject([{ body: { contents: [{ parts: [{ text: 'demo' }] }] } }]);
});
