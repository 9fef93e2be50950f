import { createEmulator } from '@gemini/emulator';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readmeExamples, runExample } from '../../../scripts/readme-examples.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));

// The first one is a page's: it is compiled with the others, and runs in the tests with Chromium.
it.for([
  [1, /^200 true\n$/],
  [2, /^1, 2, 3, 4, 5, 6, 7, 8, 9\.\n\{"verdict":\{"kind":"\w+".*"attempts":1\}\n$/],
] as const)('example %d of the README runs', { timeout: 0 }, async ([index, stdout]) => {
  await using emulator = await createEmulator();
  const example = readmeExamples(`${folder}README.md`)[index];
  const run = await runExample(example?.code ?? '', folder, { GEMINI_BASE_URL: emulator.url });
  expect(run).toMatchObject({ stderr: '', exitCode: 0 });
  expect(run.stdout).toMatch(stdout);
});

it('every example of the README runs in this test', () => {
  expect(readmeExamples(`${folder}README.md`)).toHaveLength(3);
});
