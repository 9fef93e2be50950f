import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { copyWorkspace } from './workspace-copy.ts';
import { root } from './workspace-packages.ts';

interface DryRun {
  readonly tasks: readonly { readonly taskId: string; readonly task: string; readonly hash: string }[];
}

/** The cache keys of a task, by package. */
function hashesOf(folder: string, task: string): Record<string, string> {
  const output = execFileSync(join(root, 'node_modules/.bin/turbo'), ['run', task, '--dry=json'], {
    cwd: folder,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  const { tasks } = JSON.parse(output) as DryRun;
  return Object.fromEntries(tasks.filter((each) => each.task === task).map(({ taskId, hash }) => [taskId, hash]));
}

it('a change in the parser is seen by the cached tests of every package above it', () => {
  using copy = copyWorkspace(['turbo.json', 'pnpm-lock.yaml', 'tsconfig.base.json', 'tsconfig.build.json']);
  const source = join(copy.folder, 'packages/sse-parser/src/index.ts');
  mkdirSync(dirname(source), { recursive: true });
  writeFileSync(source, 'export const answer = 41;\n');
  const before = hashesOf(copy.folder, 'test');
  writeFileSync(source, 'export const answer = 42;\n');
  const after = hashesOf(copy.folder, 'test');

  const rerun = Object.keys(before).filter((name) => before[name] !== after[name]);
  const above = ['sse-parser', 'http-streaming', 'stream-manager', 'client', 'cli', 'tests'];
  expect(rerun).toEqual(expect.arrayContaining(above.map((name) => `@gemini/${name}#test`)));
  expect(rerun).not.toContain(`@gemini/emulator#test`);
});
