import { createEmulator } from '@gemini/emulator';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { root } from '../workspace-packages.ts';
import { installLimitMs, runtimeCommand } from './runtimes/runtime-command.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, 'runtimes/trace-nesting.mjs');

/** Returns the path of a Node from npm's cache; installs it if it is not there. */
async function nodeCommand(major: number): Promise<readonly string[]> {
  const { stdout } = await run('npx', ['-y', '-p', `node@${major}`, '-c', 'node -p process.execPath']);
  return [stdout.trim()];
}

// Each of them runs a function in the context of a diagnostics channel in its own way.
const runtimes = {
  'Node 22': () => nodeCommand(22),
  'Node 24': () => [process.execPath],
  'Node 26': () => nodeCommand(26),
  Bun: () => runtimeCommand('Bun'),
  Deno: () => runtimeCommand('Deno'),
};

it.for(Object.entries(runtimes))('spans nest on %s', { timeout: installLimitMs }, async ([, commandOf], { signal }) => {
  const script = [
    { match: { functionResponse: 'weather' }, reply: { text: 'It rains.' } },
    { reply: { functionCalls: [{ name: 'weather', args: {} }] } },
  ];
  await using emulator = await createEmulator({ script });
  const [command = '', ...args] = await commandOf();
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1', GEMINI_BASE_URL: emulator.url };
  const { stdout } = await run(command, [...args, program], { cwd: join(root, 'tests'), env, signal });
  const answer = 'caller > generate_content gemini-flash-latest';
  expect(stdout.trim().split('\n').toSorted()).toEqual([
    'caller',
    'caller > execute_tool weather',
    'caller > execute_tool weather > station',
    answer,
    answer,
    `${answer} > POST`,
    `${answer} > POST`,
  ]);
});
