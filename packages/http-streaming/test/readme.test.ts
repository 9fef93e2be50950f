import { createEmulator } from '@gemini/emulator';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readmeExamples, runExample } from '../../../scripts/readme-examples.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));

it('the example of the README runs', async () => {
  const body = Buffer.from('data: one\n\ndata: two\n\n');
  await using emulator = await createEmulator({ recording: { body } });
  const url = `${emulator.url}/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse`;
  const [example] = readmeExamples(`${folder}README.md`);
  const run = await runExample(example?.code ?? '', folder, { STREAM_URL: url });
  expect(run).toMatchObject({ stderr: '', exitCode: 0 });
  expect(run.stdout).toMatch(/^one\ntwo\ninconclusive \d/);
});
