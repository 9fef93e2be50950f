import { createEmulator } from '@gemini/emulator';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readmeExamples, runExample } from '../../../scripts/readme-examples.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));

it('the example of the README runs', { timeout: 0 }, async () => {
  await using emulator = await createEmulator();
  const examples = readmeExamples(`${folder}README.md`);
  expect(examples).toHaveLength(1);
  const run = await runExample(examples[0]?.code ?? '', folder, { GEMINI_BASE_URL: emulator.url });
  expect(run).toMatchObject({ stderr: '', exitCode: 0 });
  expect(run.stdout).toMatch(/^generate_content gemini-flash-latest true\n$/);
});
