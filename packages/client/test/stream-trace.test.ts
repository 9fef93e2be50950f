import { createGemini } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, expect, it } from 'vitest';

const names = ['first-chunk', 'chunk', 'retry'] as const;
const seen: { readonly name: string; readonly message: object }[] = [];
const listeners = new Map(
  names.map((name) => [name, (message: unknown) => void seen.push({ name, message: { ...(message as object) } })]),
);
const note = (name: string) => (message: object) => void seen.push({ name, message: { ...message } });
const trace = {
  start: note('start'),
  end: note('end'),
  asyncStart: note('asyncStart'),
  asyncEnd: note('asyncEnd'),
  error: note('error'),
};

beforeEach(() => {
  seen.length = 0;
  tracingChannel('gemini:stream').subscribe(trace);
  for (const [name, listener] of listeners) subscribe(`gemini:stream:${name}`, listener);
});
afterEach(() => {
  tracingChannel('gemini:stream').unsubscribe(trace);
  for (const [name, listener] of listeners) unsubscribe(`gemini:stream:${name}`, listener);
});

const prompt = 'Tell me about tides';
const apiKey = 'a-key-of-twelve';

it('a trace publishes a stream from start to end, with counts and times only', async () => {
  await using emulator = await createEmulator({ scenario: 'unavailable-then-fine' });
  const gemini = createGemini({ baseUrl: emulator.url, apiKey, retry: { baseDelayMs: 0 } });
  const stream = gemini.stream(prompt);
  const { text } = await stream.outcome;
  const tellings = seen.map(({ name }) => name);
  expect(tellings.slice(0, 5)).toEqual(['start', 'end', 'retry', 'first-chunk', 'chunk']);
  expect(tellings.slice(-2)).toEqual(['asyncStart', 'asyncEnd']);
  expect(seen.find(({ name }) => name === 'retry')?.message).toEqual({
    id: stream.id,
    model: 'gemini-flash-latest',
    kind: 'retry',
    attempt: 2,
    delayMs: 0,
    code: 'api-error',
    status: 503,
  });
  const { hostname, port } = new URL(emulator.url);
  const server = { api: 'gemini', serverAddress: hostname, serverPort: Number(port) };
  expect(seen[0]?.message).toEqual({ id: stream.id, model: 'gemini-flash-latest', ...server });
  const { usage, response } = await stream.outcome;
  const { kind: verdict, cause: verdictCause } = stream.verdict();
  expect(seen.at(-1)?.message).toEqual({
    id: stream.id,
    model: 'gemini-flash-latest',
    ...server,
    status: 'completed',
    endedBy: 'end',
    finishReason: 'STOP',
    finishReasons: ['STOP'],
    responseId: response.responseId,
    responseModel: response.modelVersion,
    attempts: 2,
    totalTokenCount: usage?.totalTokenCount,
    usage,
    firstChunkMs: expect.any(Number),
    verdict,
    verdictCause,
  });
  expect(response.responseId).toBeDefined();
  const all = JSON.stringify(seen);
  for (const secret of [prompt, apiKey, text.slice(0, 12)]) expect(all).not.toContain(secret);
});

it('a trace that is subscribed late has the server and the outcome', async () => {
  tracingChannel('gemini:stream').unsubscribe(trace);
  await using emulator = await createEmulator();
  const vertex = { project: 'p', location: 'global', accessToken: 'token' };
  const stream = createGemini({ baseUrl: emulator.url, vertex }).stream(prompt);
  await stream[Symbol.asyncIterator]().next();
  tracingChannel('gemini:stream').subscribe(trace);
  await stream.outcome;
  expect(seen.find(({ name }) => name === 'asyncEnd')?.message).toMatchObject({ api: 'vertex', status: 'completed' });
});

it('a trace publishes a failure as an error', async () => {
  await using emulator = await createEmulator({ scenario: 'invalid-argument' });
  const { error } = await createGemini({ baseUrl: emulator.url }).stream(prompt).outcome;
  expect(seen.map(({ name }) => name)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
  expect(seen.find(({ name }) => name === 'error')?.message).toMatchObject({ status: 'failed', error });
});
