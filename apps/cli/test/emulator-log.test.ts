import { createEmulator } from '@gemini/emulator';
import { expect, it } from 'vitest';
import { serve } from './serve.ts';
import { fetchEmulatorRequest, fetchLastEmulatorRequest } from '../src/timing/emulator-log.ts';

const call = '/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse';
const ask = async (base: string): Promise<string> => {
  const body = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] });
  const answer = await fetch(base + call, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await answer.text();
  return answer.headers.get('x-emulator-request') ?? '';
};

it('finds a call by its id, also under a prefix', async () => {
  await using emulator = await createEmulator();
  const id = await ask(`${emulator.url}/mine`);
  expect(await fetchEmulatorRequest(new URL(`${emulator.url}/mine${call}`), id)).toMatchObject({
    id,
    closedBy: 'server',
  });
  expect(await fetchEmulatorRequest(new URL(emulator.url), 'another')).toBeUndefined();
});

it('finds the last call since a moment, and takes nothing else for one', async () => {
  await using emulator = await createEmulator();
  const since = performance.timeOrigin + performance.now();
  await ask(emulator.url);
  const id = await ask(emulator.url);
  await (await fetch(`${emulator.url}/v1beta/models`)).text();
  expect(await fetchLastEmulatorRequest(new URL(emulator.url), since)).toMatchObject({ id });
  const now = performance.timeOrigin + performance.now();
  expect(await fetchLastEmulatorRequest(new URL(emulator.url), now)).toBeUndefined();
});

it('takes no other answer for a record', async () => {
  const answers = ['{"id":"mine"}', '{"requests":[null,{"path":7}]}', '[]', 'no JSON'];
  for (const answer of answers) {
    await using server = await serve((_request, response) => void response.end(answer));
    expect(await fetchEmulatorRequest(new URL(server.url), 'mine')).toBeUndefined();
    expect(await fetchLastEmulatorRequest(new URL(server.url), 0)).toBeUndefined();
  }
});

it('knows nothing of a server that is not there, and of another machine', async () => {
  const emulator = await createEmulator();
  await emulator.close();
  expect(await fetchEmulatorRequest(new URL(emulator.url), 'any')).toBeUndefined();
  expect(await fetchLastEmulatorRequest(new URL(emulator.url), 0)).toBeUndefined();
  expect(await fetchLastEmulatorRequest(new URL('https://a.invalid'), 0)).toBeUndefined();
});
