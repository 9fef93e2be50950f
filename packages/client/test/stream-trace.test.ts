import { type StreamTraceContext, createGemini } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
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
    stream: expect.objectContaining({ id: stream.id, status: 'completed' }),
  });
  const { hostname, port } = new URL(emulator.url);
  const server = { api: 'gemini', serverAddress: hostname, serverPort: Number(port) };
  expect(seen[0]?.message).toEqual({ id: stream.id, model: 'gemini-flash-latest', ...server, parameters: {} });
  const { usage, response } = await stream.outcome;
  const { kind: verdict, cause: verdictCause } = stream.verdict();
  expect(seen.at(-1)?.message).toEqual({
    id: stream.id,
    model: 'gemini-flash-latest',
    ...server,
    parameters: {},
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
    durationMs: expect.any(Number),
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

/** Returns the message that a stream's end publishes, the object itself. */
async function endOf(run: () => Promise<unknown>): Promise<StreamTraceContext> {
  const { asyncEnd } = tracingChannel<unknown, StreamTraceContext>('gemini:stream');
  const ends: StreamTraceContext[] = [];
  const keep = (message: unknown): void => void ends.push(message as StreamTraceContext);
  asyncEnd.subscribe(keep);
  await run();
  asyncEnd.unsubscribe(keep);
  const [end] = ends;
  if (end === undefined) throw new Error('no stream has ended');
  return end;
}

it('a trace names the settings of a request, and its conversation', async () => {
  await using emulator = await createEmulator();
  const generationConfig = { temperature: 0.5, topP: 0.9, topK: 40, maxOutputTokens: 900, seed: 7, candidateCount: 1 };
  const penalties = { frequencyPenalty: 0.1, presencePenalty: 0.2, stopSequences: ['###'] };
  const config = { ...generationConfig, ...penalties, responseMimeType: 'application/json' };
  const chat = createGemini({ baseUrl: emulator.url }).chat({ generationConfig: config, conversationId: 'talk-1' });
  const { parameters, conversationId } = await endOf(() => chat.stream(prompt).outcome);
  const { responseMimeType: _, ...settings } = config;
  expect(parameters).toEqual({ ...settings, outputType: 'json' });
  expect(conversationId).toBe('talk-1');
});

it('a trace names the settings of an interaction by the same names', async () => {
  await using emulator = await createEmulator();
  const { interactions } = createGemini({ baseUrl: emulator.url });
  const generationConfig = { temperature: 0.5, top_p: 0.9, max_output_tokens: 900, seed: 7, stop_sequences: ['###'] };
  const responseFormat = [{ type: 'text' }, { type: 'audio' }];
  const options = { generationConfig, responseFormat, conversationId: 'talk-2' };
  const end = await endOf(() => interactions.stream(prompt, options).outcome);
  const renamed = { temperature: 0.5, topP: 0.9, maxOutputTokens: 900, seed: 7, stopSequences: ['###'] };
  expect(end.parameters).toEqual({ ...renamed, outputType: 'speech' });
  expect(end.conversationId).toBe('talk-2');
  expect(end.request).toMatchObject({ generation_config: generationConfig });
});

it('a trace has the prompt and the answer only for a subscriber that reads them', async () => {
  await using emulator = await createEmulator();
  const stream = createGemini({ baseUrl: emulator.url, apiKey }).stream(prompt);
  const end = await endOf(() => stream.outcome);
  const { text, response } = await stream.outcome;
  expect(end.request).toMatchObject({ contents: [{ role: 'user', parts: [{ text: prompt }] }] });
  expect(end.response).toBe(response);
  for (const shown of [JSON.stringify(end), inspect(end, { depth: 9 }), JSON.stringify(Object.assign({}, end))]) {
    expect(shown).not.toContain(prompt);
    expect(shown).not.toContain(text.slice(0, 12));
  }
});

it('a trace has the settings and the request of the model that answered', async () => {
  await using emulator = await createEmulator({
    script: [
      { match: { model: 'gemini-pro-latest' }, reply: { error: { status: 'UNAVAILABLE', message: 'busy' } } },
      { reply: { text: 'Yes.' } },
    ],
  });
  const model = [
    { model: 'gemini-pro-latest', retry: false as const },
    { model: 'gemini-flash-lite-latest', config: { temperature: 1 } },
  ];
  const end = await endOf(() => createGemini({ baseUrl: emulator.url, model }).stream(prompt).outcome);
  expect(end.model).toBe('gemini-flash-lite-latest');
  expect(end.parameters).toEqual({ temperature: 1 });
  expect(end.request).toMatchObject({ generationConfig: { temperature: 1 } });
});

it('the name of a conversation is a string', () => {
  const gemini = createGemini();
  const conversationId = 7 as unknown as string;
  const refused = expect.objectContaining({
    name: 'TypeError',
    message: 'conversationId: expected a string, got number',
  });
  expect(() => gemini.stream(prompt, { conversationId })).toThrow(refused);
  expect(() => gemini.chat({ conversationId })).toThrow(refused);
  expect(() => gemini.interactions.stream(prompt, { conversationId })).toThrow(refused);
});
