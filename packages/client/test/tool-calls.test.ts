import { createGemini, tool } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { z } from 'zod';
import * as mini from 'zod/mini';
import { chunk } from './chunks.ts';
import { asking, call, echo, model, question, response, run, timersCount, user } from './tool-turns.ts';
import { waitFor } from './wait-for.ts';

it('a function runs, its result goes back, and the next answer continues the same stream', async () => {
  const asked = { ...call('echo', { text: 'hi' }), thoughtSignature: 'c2ln' };
  const { outcome, events, contents, chat } = await run(asking([{ text: 'Let me see. ' }, asked]), { tools: [echo] });
  const said = [model({ text: 'Let me see. ' }, asked), user(response('echo', { said: 'hi' }))];
  expect(contents).toEqual([[question], [question, ...said]]);
  expect(chat.history).toEqual([question, ...said, model({ text: 'Done.' })]);

  const told = events.filter(({ type }) => type !== 'usage' && type !== 'start');
  const { functionCall } = asked;
  expect(told).toEqual([
    { type: 'text-delta', text: 'Let me see. ', candidate: 0 },
    { type: 'function-call-start', name: 'echo', id: 'echo', candidate: 0 },
    { type: 'function-call-end', call: functionCall, candidate: 0, thoughtSignature: 'c2ln' },
    { type: 'tool-call', call: functionCall, round: 1 },
    { type: 'tool-result', call: functionCall, round: 1, response: { said: 'hi' }, durationMs: expect.any(Number) },
    { type: 'round', round: 2 },
    { type: 'text-delta', text: 'Done', candidate: 0 },
    { type: 'text-delta', text: '.', candidate: 0 },
    { type: 'end', outcome },
  ]);
  expect(events.flatMap((event) => (event.type === 'start' ? event.attempt : []))).toEqual([1, 2]);
  expect(outcome).toMatchObject({
    status: 'completed',
    text: 'Let me see. Done.',
    attempts: 2,
    finishReason: 'STOP',
  });
  expect(outcome.attemptReports.map(({ attempt }) => attempt)).toEqual([1, 2]);
  expect(outcome.response.candidates?.[0]?.content).toEqual(model({ text: 'Done.' }));
});

it('the token counts of a turn are those of all its answers, also in the events', async () => {
  const { outcome, events } = await run(asking([call('echo', { text: 'hi' })]), { tools: [echo] });
  const costs = outcome.turn?.rounds.map(({ usage }) => usage?.totalTokenCount ?? 0) ?? [];
  expect(costs).toHaveLength(2);
  expect(outcome.usage?.totalTokenCount).toBe(costs.reduce((sum, cost) => sum + cost, 0));
  const told = events.flatMap((event) => (event.type === 'usage' ? (event.usage.totalTokenCount ?? 0) : []));
  expect(told).toEqual(told.toSorted((left, right) => left - right));
  expect(told.at(-1)).toBe(outcome.usage?.totalTokenCount);
  expect(outcome.usageKind).toBe('final');
  expect(outcome.turn?.rounds).toMatchObject([
    { round: 1, callsCount: 1, finishReason: 'STOP', attempts: 1 },
    { round: 2, callsCount: 0, finishReason: 'STOP', attempts: 1 },
  ]);
});

it('a function runs while its answer is still arriving', async () => {
  const running = Promise.withResolvers<void>();
  const look = tool({ name: 'look', execute: () => running.resolve() });
  await using emulator = await createEmulator(
    asking([call('look'), { text: 'a' }, { text: 'b' }], { pace: { tokensPerSecond: 2, burst: 1 } }),
  );
  const stream = createGemini({ baseUrl: emulator.url }).stream('Go.', { tools: [look] });
  void stream.outcome;
  await running.promise;
  expect(emulator.requests[0]?.closedAt).toBeUndefined();
  stream.stop();
});

it('functions of one answer run in parallel up to maxParallelCalls, and their results keep the order', async () => {
  let runningCount = 0;
  const most: number[] = [];
  const work = tool({
    name: 'work',
    parameters: z.object({ index: z.number() }),
    async execute({ index }) {
      runningCount += 1;
      most.push(runningCount);
      // The first function to start is the last to end.
      await delay(2 * (4 - index));
      runningCount -= 1;
      return { index };
    },
  });
  const calls = [0, 1, 2, 3].map((index) => call('work', { index }, `id-${index}`));
  const results = [0, 1, 2, 3].map((index) => response('work', { index }, `id-${index}`));
  for (const maxParallelCalls of [4, 2]) {
    most.length = 0;
    const { contents, outcome } = await run(asking(calls), { tools: [work], maxParallelCalls });
    expect(outcome.status).toBe('completed');
    expect(Math.max(...most)).toBe(maxParallelCalls);
    expect(contents[1]?.slice(1)).toEqual([model(...calls), user(...results)]);
  }
});

it('a dozen functions in parallel cause no warning and leave no timer', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  const before = timersCount();
  const wait = tool({ name: 'wait', execute: () => delay(1) });
  const calls = Array.from({ length: 12 }, (_, index) => call('wait', {}, `${index}`));
  const { outcome, contents } = await run(asking(calls), { tools: [wait], maxParallelCalls: 12 });
  expect([outcome.status, contents[1]?.at(-1)?.parts?.length]).toEqual(['completed', 12]);
  await waitFor(() => timersCount() <= before);
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
});

it('a slow reader pauses the answers of a turn', async () => {
  const words = Array.from({ length: 300 }, (_, index) => ({ text: `word ${index} ` }));
  const script = [
    { match: { turn: 1 }, reply: { parts: [...words, call('echo', { text: 'hi' })] as never } },
    { reply: { parts: words as never } },
  ];
  await using emulator = await createEmulator({ script });
  const gemini = createGemini({ baseUrl: emulator.url, manager: { maxHistoryBytes: 2_000 } });
  const stream = gemini.stream('Go.', { tools: [echo] });
  let text = '';
  let pauses = 0;
  for await (const event of stream) {
    if (event.type === 'text-delta') text += event.text;
    if (gemini.streams.get(stream.id)?.info().paused === true) pauses += 1;
    await new Promise(setImmediate);
  }
  const said = words.map((word) => word.text).join('');
  expect(text).toBe(said + said);
  expect(pauses).toBeGreaterThan(0);
});

it('a function may have a schema of zod/mini', async () => {
  const parameters = mini.object({ text: mini.string() });
  const short = tool({ name: 'echo', parameters, execute: ({ text }) => text.length });
  const { contents } = await run(asking([call('echo', { text: 'four' })]), { tools: [short] });
  expect(contents[1]?.at(-1)).toEqual(user(response('echo', { output: 4 })));
});

it('a function gets the output of its schema, and cannot change the history', async () => {
  const got: unknown[] = [];
  const parameters = z.object({
    tags: z.array(z.string()),
    at: z.string().transform((text) => text.length),
    n: z.number().default(7),
  });
  const change = tool({
    name: 'change',
    parameters,
    execute(args, { call: own }) {
      got.push(structuredClone(args));
      args.tags.push('more');
      Object.assign(own.args ?? {}, { at: 'changed' });
      return args.tags;
    },
  });
  const plain = tool({ name: 'plain', execute: (args) => Object.assign(args, { changed: true }) });
  const asked = call('change', { tags: ['a'], at: 'Oslo' });
  const others = await run(asking([call('plain', { at: 'Oslo' })]), { tools: [plain] });
  expect(others.contents[1]?.slice(1)).toEqual([
    model(call('plain', { at: 'Oslo' })),
    user(response('plain', { at: 'Oslo', changed: true })),
  ]);
  const { contents } = await run(asking([asked]), { tools: [change] });
  expect(got).toEqual([{ tags: ['a'], at: 4, n: 7 }]);
  expect(contents[1]?.slice(1)).toEqual([model(asked), user(response('change', { output: ['a', 'more'] }))]);
});

it.for<[result: unknown, sent: Record<string, unknown>]>([
  [
    { sky: 'clear', at: new Date(0) },
    { sky: 'clear', at: '1970-01-01T00:00:00.000Z' },
  ],
  ['clear', { output: 'clear' }],
  [[1, 2], { output: [1, 2] }],
  [null, { output: null }],
  [undefined, {}],
  [{ error: 'closed' }, { error: 'closed' }],
])('the result %j is sent in the form of the API', async ([result, sent]) => {
  const look = tool({ name: 'look', execute: async () => result });
  const { contents } = await run(asking([call('look')]), { tools: [look] });
  expect(contents[1]?.at(-1)).toEqual(user(response('look', sent)));
});

it('all functions are declared in one entry, beside the entries of the API', async () => {
  const plain = tool({
    name: 'plain',
    description: 'A function.',
    parameters: { type: 'object', properties: { n: { type: 'integer' } } },
    execute: () => 1,
  });
  const { requests, outcome } = await run(
    { script: [{ reply: { text: 'Hi' } }] },
    { tools: [echo, { googleSearch: {} }, plain, { functionDeclarations: [{ name: 'own' }] }] },
  );
  expect(outcome.status).toBe('completed');
  const text = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] };
  expect(requests[0]?.body).toMatchObject({
    tools: [
      {
        functionDeclarations: [
          { name: 'echo', parametersJsonSchema: text },
          {
            name: 'plain',
            description: 'A function.',
            parametersJsonSchema: { type: 'object', properties: { n: { type: 'integer' } } },
          },
          { name: 'own' },
        ],
      },
      { googleSearch: {} },
    ],
  });
  expect(JSON.stringify(requests[0]?.body)).not.toContain('$schema');
});

it('only the functions of the first candidate run', async () => {
  const chunks = [
    chunk([call('echo', { text: 'first' })], { finishReason: 'STOP' }),
    chunk([call('echo', { text: 'second' })], { index: 1, finishReason: 'STOP' }),
  ];
  const script = [{ match: { turn: 1 }, reply: { chunks: chunks as never } }, { reply: { text: 'Done.' } }];
  const { contents, types } = await run({ script }, { tools: [echo] });
  expect(types.filter((type) => type === 'tool-call')).toHaveLength(1);
  expect(contents[1]?.slice(1)).toEqual([
    model(call('echo', { text: 'first' })),
    user(response('echo', { said: 'first' })),
  ]);
});

it('entries of the API are sent unchanged, and no function runs', async () => {
  const tools = [{ functionDeclarations: [{ name: 'echo' }] }, { functionDeclarations: [{ name: 'other' }] }];
  const { outcome, requests } = await run(asking([call('echo')]), { tools, restart: true });
  expect(requests.map(({ body }) => (body as { tools?: unknown }).tools)).toEqual([tools]);
  expect(outcome).toMatchObject({ status: 'completed' });
  expect(outcome).not.toHaveProperty('turn');
});

it('tools may be in the request, in the options, in the chat and in the config of genai', async () => {
  await using emulator = await createEmulator(asking([call('echo', { text: 'hi' })]));
  const gemini = createGemini({ baseUrl: emulator.url });
  const contents = [question];
  expect(await gemini.stream({ contents, tools: [echo] }).text()).toBe('Done.');
  expect(await gemini.stream({ contents: 'Go.', config: { tools: [echo] } }).text()).toBe('Done.');
  expect(
    await gemini
      .chat({ tools: [echo] })
      .stream('Go.')
      .text(),
  ).toBe('Done.');
  expect(
    await gemini
      .chat({ config: { tools: [echo] } })
      .stream('Go.')
      .text(),
  ).toBe('Done.');
  const id = gemini.startStream('Go.', { tools: [echo] });
  const types: string[] = [];
  await gemini.subscribeStream(id, ({ type }) => types.push(type)).ended;
  expect(types).toContain('tool-result');
  expect(new Set(emulator.requests.map(({ body }) => JSON.stringify(body))).size).toBe(2);
});

it('a function runs once although the requests before and after it are retried', async () => {
  let runs = 0;
  const count = tool({ name: 'count', execute: () => (runs += 1) });
  const script = [
    { match: { turn: 1 }, times: 1, reply: { error: { status: 'UNAVAILABLE' as const, message: 'Busy.' } } },
    { match: { turn: 1 }, reply: { functionCalls: [{ name: 'count' }] } },
    { times: 1, reply: { error: { status: 'UNAVAILABLE' as const, message: 'Busy.' } } },
    { reply: { text: 'Done.' } },
  ];
  const { outcome, events } = await run({ script }, { tools: [count] });
  expect([outcome.status, outcome.attempts, runs]).toEqual(['completed', 4, 1]);
  expect(outcome.attemptReports.map(({ attempt, kind }) => [attempt, kind])).toEqual([
    [1, 'first'],
    [2, 'retry'],
    [3, 'first'],
    [4, 'retry'],
  ]);
  expect(events.flatMap((event) => (event.type === 'retry' ? event.attempt : []))).toEqual([2, 4]);
});

it('functions run before an object', async () => {
  const script = [
    { match: { turn: 1 }, reply: { parts: [call('echo', { text: 'hi' })] as never } },
    { reply: { text: ['{"sky":', '"clear"}'] } },
  ];
  await using emulator = await createEmulator({ script });
  const schema = z.object({ sky: z.string() });
  const stream = createGemini({ baseUrl: emulator.url }).streamObject('Go.', { schema, tools: [echo] });
  expect(await stream.object()).toEqual({ sky: 'clear' });
  expect(emulator.requests).toHaveLength(2);
});
