import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { fetchEmulatorRequest, fetchLastEmulatorRequest, withSentTimes } from '../src/measure/emulator-log.ts';
import { makeRun } from './make-run.ts';
import { serve } from './serve.ts';

const call = '/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse';
async function ask(base: string): Promise<string> {
  const body = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] });
  const answer = await fetch(base + call, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await answer.text();
  return answer.headers.get('x-emulator-request') ?? '';
}

it('the log finds a call by its id, also with a prefix in the path', async () => {
  await using emulator = await createEmulator();
  const id = await ask(`${emulator.url}/mine`);
  expect(await fetchEmulatorRequest(new URL(`${emulator.url}/mine${call}`), id)).toMatchObject({
    id,
    closedBy: 'server',
  });
  expect(await fetchEmulatorRequest(new URL(emulator.url), 'another')).toBeUndefined();
});

it('the log finds the last call since a moment, and ignores other requests', async () => {
  await using emulator = await createEmulator();
  const since = performance.timeOrigin + performance.now();
  await ask(emulator.url);
  const id = await ask(emulator.url);
  await (await fetch(`${emulator.url}/v1beta/models`)).text();
  expect(await fetchLastEmulatorRequest(new URL(emulator.url), since)).toMatchObject({ id });
  const now = performance.timeOrigin + performance.now();
  expect(await fetchLastEmulatorRequest(new URL(emulator.url), now)).toBeUndefined();
});

it('the log ignores a response that is not a record', async () => {
  const answers = ['{"id":"mine"}', '{"requests":[null,{"path":7}]}', '[]', 'no JSON'];
  for (const answer of answers) {
    await using server = await serve((_request, response) => void response.end(answer));
    expect(await fetchEmulatorRequest(new URL(server.url), 'mine')).toBeUndefined();
    expect(await fetchLastEmulatorRequest(new URL(server.url), 0)).toBeUndefined();
  }
});

it('the log is empty for a server that does not answer, and for another machine', async () => {
  const emulator = await createEmulator();
  await emulator.close();
  expect(await fetchEmulatorRequest(new URL(emulator.url), 'any')).toBeUndefined();
  expect(await fetchLastEmulatorRequest(new URL(emulator.url), 0)).toBeUndefined();
  expect(await fetchLastEmulatorRequest(new URL('https://a.invalid'), 0)).toBeUndefined();
});

describe('the times at which the server sent', () => {
  const run = makeRun([110, 220], { startedAt: 1_000 });
  const record = (...times: number[]) => ({
    receivedAt: 1_001,
    writes: times.map((atMs) => ({ atMs })),
    writesCount: times.length,
  });
  const told = (...times: number[]) => withSentTimes(run, record(...times)).events.map(({ sentMs }) => sentMs);

  it('are converted to the clock of the run', () => {
    expect(told(1_100, 1_200)).toEqual([100, 200]);
  });

  it.for([
    ['there was one write for all', [1_200]],
    ['there were more writes than events', [1_100, 1_150, 1_200]],
    ['an event would have arrived before it was sent', [1_100, 1_230]],
    ['one would have been sent before it was asked for', [999, 1_200]],
  ] as const)('are not told when %s', ([, times]) => {
    expect(told(...times)).toEqual([undefined, undefined]);
  });

  it('are undefined without a record', () => {
    expect(withSentTimes(run, undefined)).toBe(run);
  });
});
