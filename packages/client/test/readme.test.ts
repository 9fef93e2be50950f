import { createEmulator } from '@gemini/emulator';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readmeExamples, runExample } from '../../../scripts/readme-examples.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));

// A child process starts slowly on a busy machine: one at a time, and without a time limit.
it.for([
  [0, /^.{20,}\ncompleted \(STOP\), \d+ tokens, \w+\n$/s],
  [1, /^(?:.+\n){3,}$/],
  [2, /^.+\ncompleted\n$/s],
  [3, /^.*Ada.*$/],
  [4, /^1, 2, 3, 4, 5, 6, 7, 8, 9\.$/],
  [5, /^Here is what I found\. get_weather says: .*clear.*$/],
  [6, /^(?:[0-3] )*3 \[ 'name', 'kind', 'steps' \]\n$/],
  [7, /^.+\n$/],
  [8, /^starting 1 1\n1, 2, 3, 4, 5, 6, 7, 8, 9, 10\.\ncompleted\n$/],
] as const)('example %d of the README runs', { timeout: 0 }, async ([index, stdout]) => {
  await using emulator = await createEmulator();
  const example = readmeExamples(`${folder}README.md`)[index];
  const run = await runExample(example?.code ?? '', folder, { GEMINI_BASE_URL: emulator.url });
  expect(run).toMatchObject({ stderr: '', exitCode: 0 });
  expect(run.stdout).toMatch(stdout);
});

it('every example of the README runs in this test', () => {
  expect(readmeExamples(`${folder}README.md`)).toHaveLength(9);
});
