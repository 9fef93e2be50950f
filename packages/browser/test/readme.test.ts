import { followStream } from '@gemini/browser';
import { createEmulator } from '@gemini/emulator';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { serverExamples } from '../../../scripts/readme-examples.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));

it('The server of the README serves an answer that is started by POST and followed by GET', async () => {
  await using emulator = await createEmulator();
  const [example] = serverExamples(`${folder}README.md`);
  const child = spawn(process.execPath, ['--conditions=@gemini/source', '--input-type=module-typescript', '-'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], GEMINI_BASE_URL: emulator.url, GEMINI_API_KEY: 'any' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    child.stdin.end(example?.code);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { port } = JSON.parse(line.toString()) as { port: number };
    const url = `http://127.0.0.1:${port}/answers`;
    const stream = followStream({ url, body: { prompt: 'Say hello to everybody' }, key: 'k-1' });
    expect(await stream.text()).toMatch(/hello/i);
    expect(await followStream(`${url}/k-1`).text()).toBe((await stream.outcome).text);
  } finally {
    child.kill();
  }
});
