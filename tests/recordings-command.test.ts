import { createEmulator } from '@gemini/emulator';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { compileCache } from '../scripts/readme-examples.ts';
import { recordedStreams } from './recorded-streams.ts';
import { root } from './workspace-packages.ts';

// Each starts a process, so a few of every kind are enough; the layers below run with all of them.
const withText = recordedStreams().filter(({ text }) => text !== '');
const some = [...withText.slice(0, 4), ...withText.slice(-4)];

it.concurrent.for(some)('gemini-stream prints the text of $file', async ({ path, contentType, gzip, text }) => {
  const recording = { body: readFileSync(path), contentType, contentEncoding: gzip ? 'gzip' : undefined };
  await using emulator = await createEmulator({ recording });
  const child = spawn(
    process.execPath,
    ['--conditions=@gemini/source', join(root, 'apps/cli/src/main.ts'), 'anything'],
    {
      env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: compileCache, GEMINI_BASE_URL: emulator.url },
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  expect(await readAll(child.stdout)).toBe(text);
});
