import { createGemini, GeminiError, tool } from '@gemini/client';
import type { Content, GeminiStreamEvent, Part, StreamOptions, ToolOptions } from '@gemini/client';
import { createEmulator, type EmulatorOptions } from '@gemini/emulator';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as mini from 'zod/mini';
import { chunk } from './chunks.ts';
import { waitFor } from './wait-for.ts';

const retry = { maxAttempts: 2, baseDelayMs: 0 };
const call = (name: string, args: Record<string, unknown> = {}, id = name): Part => ({
  functionCall: { id, name, args },
});
const response = (name: string, result: Record<string, unknown>, id = name): Part => ({
  functionResponse: { id, name, response: result },
});
const user = (...parts: Part[]): Content => ({ role: 'user', parts });
const model = (...parts: Part[]): Content => ({ role: 'model', parts });
const question = user({ text: 'Go.' });
const timersCount = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

/** A server that answers the first turn with these parts, one chunk each, and every later one with a text. */
const asking = (parts: readonly Part[], more: EmulatorOptions = {}): EmulatorOptions => ({
  script: [{ match: { turn: 1 }, reply: { parts: parts as never } }, { reply: { text: ['Done', '.'] } }],
  ...more,
});

/** What a prompt with tools leads to, as a reader, the outcome and the server see it. */
const run = async (options: EmulatorOptions, toolOptions: StreamOptions) => {
  await using emulator = await createEmulator(options);
  const chat = createGemini({ baseUrl: emulator.url, retry }).chat();
  const stream = chat.stream('Go.', toolOptions);
  const events: GeminiStreamEvent[] = [];
  try {
    for await (const event of stream) events.push(event);
  } catch {
    // The outcome has it.
  }
  const outcome = await stream.outcome;
  const contents = emulator.requests.map(({ body }) => (body as { contents: Content[] }).contents);
  return { outcome, events, types: events.map(({ type }) => type), contents, requests: emulator.requests, chat };
};

const echo = tool({
  name: 'echo',
  parameters: z.object({ text: z.string() }),
  execute: ({ text }) => ({ said: text }),
});

describe('a function that the model calls', () => {
  it('runs, its result goes back, and the answer streams on in the same stream', async () => {
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
      { type: 'function-call-end', call: functionCall, candidate: 0 },
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

  it('costs what all answers cost together, told of each too', async () => {
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

  it('runs while its answer still comes', async () => {
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

  it('runs beside the others of its answer, as many at a time as are allowed, and the results keep the order', async () => {
    let runningCount = 0;
    const most: number[] = [];
    const work = tool({
      name: 'work',
      parameters: z.object({ index: z.number() }),
      async execute({ index }) {
        runningCount += 1;
        most.push(runningCount);
        // The first to start is the last to end.
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

  it('runs beside a dozen others without a warning, and keeps no timer', async () => {
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

  it('is waited for by a reader who takes his time, and holds little of what he has yet to read', async () => {
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

  it('takes the schemas of zod/mini too', async () => {
    const parameters = mini.object({ text: mini.string() });
    const short = tool({ name: 'echo', parameters, execute: ({ text }) => text.length });
    const { contents } = await run(asking([call('echo', { text: 'four' })]), { tools: [short] });
    expect(contents[1]?.at(-1)).toEqual(user(response('echo', { output: 4 })));
  });

  it('gets what the schema makes of its arguments, and cannot change what was said', async () => {
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
  ])('tells the model %j as the API reads results', async ([result, sent]) => {
    const look = tool({ name: 'look', execute: async () => result });
    const { contents } = await run(asking([call('look')]), { tools: [look] });
    expect(contents[1]?.at(-1)).toEqual(user(response('look', sent)));
  });

  it('is declared by its schema, in one entry with the others, beside those of the API', async () => {
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

  it('is the first candidate’s', async () => {
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

  it('needs tool(): entries of the API alone are sent as they are, and nothing runs', async () => {
    const tools = [{ functionDeclarations: [{ name: 'echo' }] }, { functionDeclarations: [{ name: 'other' }] }];
    const { outcome, requests } = await run(asking([call('echo')]), { tools, restart: true });
    expect(requests.map(({ body }) => (body as { tools?: unknown }).tools)).toEqual([tools]);
    expect(outcome).toMatchObject({ status: 'completed' });
    expect(outcome).not.toHaveProperty('turn');
  });

  it('may be in the request itself, in the form of genai too', async () => {
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

  it('is asked for again where a request fails before it brought anything, and runs once', async () => {
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
});

it('runs before an object, too', async () => {
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

describe('a call that has no proper result', () => {
  const cycle: Record<string, unknown> = {};
  cycle['again'] = cycle;
  const strict = z.object({ legs: z.array(z.object({ city: z.string(), days: z.number().max(9) })) });
  const tools = [
    tool({
      name: 'throws',
      execute: () => {
        throw new Error('the shop is closed');
      },
    }),
    tool({ name: 'rejects', execute: () => Promise.reject(new Error('no line')) }),
    tool({ name: 'odd', execute: () => Promise.reject(Object.create(null)) }),
    tool({ name: 'hangs', timeoutMs: 5, execute: () => new Promise(() => {}) }),
    tool({ name: 'cyclic', execute: () => cycle }),
    tool({ name: 'function', execute: () => () => 1 }),
    tool({ name: 'large', execute: () => 'é'.repeat(50) }),
    tool({ name: 'strict', parameters: strict, execute: () => 'ran' }),
    tool({
      name: 'plain',
      parameters: { type: 'object', properties: { n: { type: 'integer' } } },
      execute: () => 'ran',
    }),
  ];
  const legs = [
    { city: 'Oslo', days: 2 },
    { city: 4, days: 10 },
  ];

  it.for<[name: string, args: Record<string, unknown>, failure: string, error: string]>([
    ['throws', {}, 'threw', 'the shop is closed'],
    ['rejects', {}, 'threw', 'no line'],
    ['odd', {}, 'threw', 'it failed'],
    ['hangs', {}, 'timeout', 'it took more than 5 ms'],
    ['cyclic', {}, 'not-json', 'its result is no JSON'],
    ['function', {}, 'not-json', 'its result is no JSON, but of type function'],
    ['large', {}, 'too-large', 'its result has 102 bytes: at most 100 are allowed'],
    ['nobody', {}, 'unknown-tool', 'there is no function nobody'],
    [
      'strict',
      { legs },
      'invalid-arguments',
      'the arguments do not fit: args.legs[1].city: Invalid input: expected string, received number; ' +
        'args.legs[1].days: Too big: expected number to be <=9',
    ],
    [
      'plain',
      { n: 'x' },
      'invalid-arguments',
      'the arguments do not fit: args.n: Invalid input: expected number, received string',
    ],
  ])('is told to the model, which goes on: %s %j', async ([name, args, failure, error]) => {
    const { outcome, contents, events } = await run(asking([call(name, args), call('nobody', {}, '2')]), {
      tools,
      maxToolResultBytes: 100,
    });
    expect(outcome.status).toBe('completed');
    const [told] = contents[1]?.at(-1)?.parts ?? [];
    expect(told?.functionResponse?.id).toBe(name);
    expect(told?.functionResponse?.response?.['error']).toContain(error);
    expect(events.find((event) => event.type === 'tool-result' && event.call.name === name)).toMatchObject({ failure });
  });

  it('is told of by the signal of a function whose time is over', async () => {
    const over = Promise.withResolvers<unknown>();
    const slow = tool({
      name: 'slow',
      timeoutMs: 5,
      execute: (_args, { signal }) => {
        signal.addEventListener('abort', () => over.resolve(signal.reason));
        return new Promise(() => {});
      },
    });
    expect((await run(asking([call('slow')]), { tools: [slow] })).outcome.status).toBe('completed');
    expect(await over.promise).toMatchObject({ name: 'TimeoutError', message: 'slow took more than 5 ms' });
  });

  it.for(['throws', 'hangs', 'cyclic', 'large'])('ends the stream where that was asked for: %s', async (name) => {
    const options = { tools, maxToolResultBytes: 100, onToolError: 'fail' } as const;
    const { outcome, requests, chat } = await run(asking([{ text: 'So' }, call(name)]), options);
    expect(outcome).toMatchObject({ status: 'failed', endedBy: 'error', text: 'So', error: { code: 'tool-failed' } });
    expect(outcome.error?.message).toContain(name);
    expect(outcome.error?.message).not.toContain('shop');
    expect(outcome.error?.partial).toBe(outcome.response);
    if (name === 'throws') expect(outcome.error?.cause).toMatchObject({ message: 'the shop is closed' });
    expect(requests).toHaveLength(1);
    expect(chat.history).toEqual([]);
  });

  it('tells the model its own mistakes all the same', async () => {
    const { outcome } = await run(asking([call('nobody'), call('strict')]), { tools, onToolError: 'fail' });
    expect(outcome.status).toBe('completed');
  });

  it('closes the socket of an answer that still comes, and aborts the others', async () => {
    const aborted = Promise.withResolvers<unknown>();
    const hangs = tool({
      name: 'hangs',
      execute: (_args, { signal }) => {
        signal.addEventListener('abort', () => aborted.resolve(signal.aborted));
        return new Promise(() => {});
      },
    });
    const parts = [call('hangs'), call('throws'), { text: 'a' }, { text: 'b' }];
    await using emulator = await createEmulator(asking(parts, { pace: { tokensPerSecond: 20, burst: 1 } }));
    const all = [hangs, ...tools.slice(0, 1)];
    const stream = createGemini({ baseUrl: emulator.url }).stream('Go.', { tools: all, onToolError: 'fail' });
    expect((await stream.outcome).error?.code).toBe('tool-failed');
    expect(await aborted.promise).toBe(true);
    await waitFor(() => emulator.requests[0]?.closedAt !== undefined);
    expect(emulator.requests[0]?.closedBy).toBe('client');
  });
});

describe('a turn that ends while functions run', () => {
  const hanging = () => {
    const started = Promise.withResolvers<AbortSignal>();
    const hangs = tool({
      name: 'hangs',
      execute(_args, { signal }) {
        started.resolve(signal);
        return new Promise(() => {});
      },
    });
    return { started: started.promise, hangs };
  };

  it.for(['stop', 'abort', 'leave', 'manager'] as const)('is stopped, and so are they: %s', async (way) => {
    await using emulator = await createEmulator(asking([{ text: 'So' }, call('hangs')]));
    const timersBefore = timersCount();
    const gemini = createGemini({ baseUrl: emulator.url });
    const { started, hangs } = hanging();
    const controller = new AbortController();
    const chat = gemini.chat({ tools: [hangs], keep: 'partial' });
    const stream = chat.stream('Go.', { signal: controller.signal });
    const reading = (async () => {
      for await (const event of stream) if (way === 'leave' && event.type === 'tool-call') break;
    })();
    const signal = await started;
    if (way === 'stop') stream.stop();
    else if (way === 'abort') controller.abort();
    else if (way === 'manager') await gemini.streams.close();
    await reading;
    const outcome = await stream.outcome;
    expect(outcome).toMatchObject({ status: 'stopped', endedBy: 'stop', text: 'So', error: { code: 'stopped' } });
    expect(outcome.turn).toMatchObject({ contents: [{ role: 'model' }], openCalls: [{ name: 'hangs' }] });
    expect(signal.reason).toMatchObject({ name: 'AbortError' });
    await waitFor(() => timersCount() <= timersBefore);
    // Half a turn stays without the call that nobody answered.
    expect(chat.history).toEqual([question, model({ text: 'So' })]);
    expect(emulator.requests).toHaveLength(1);
  });

  it('fails at the limit of the whole stream', async () => {
    await using emulator = await createEmulator(asking([call('hangs')]));
    const { started, hangs } = hanging();
    const stream = createGemini({ baseUrl: emulator.url, totalTimeoutMs: 200 }).stream('Go.', { tools: [hangs] });
    const { status, error } = await stream.outcome;
    expect([status, error?.code, error?.limit]).toEqual(['failed', 'total-timeout', 200]);
    expect((await started).aborted).toBe(true);
  });

  it('fails with its answer', async () => {
    const body = ['data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"hangs"}}]}}]}\n\n'];
    const recording = { body: Buffer.from(body.join('')) };
    const { started, hangs } = hanging();
    const { outcome } = await run({ recording }, { tools: [hangs] });
    expect(outcome).toMatchObject({ status: 'truncated', turn: { openCalls: [{ name: 'hangs' }] } });
    expect(outcome.usageKind).toBeUndefined();
    expect((await started).aborted).toBe(true);
  });
});

describe('a model that calls on and on', () => {
  const endless = { script: [{ reply: { text: ['.'], functionCalls: [{ name: 'echo', args: { text: 'again' } }] } }] };

  it.for([1, 2, 5])('is asked %d times, and nothing of it is lost', async (maxRounds) => {
    const { outcome, requests, types, chat } = await run(endless, { tools: [echo], maxRounds });
    expect(requests).toHaveLength(maxRounds);
    expect(outcome).toMatchObject({
      status: 'failed',
      text: '.'.repeat(maxRounds),
      error: { code: 'too-many-rounds', limit: maxRounds },
      usageKind: 'final',
      turn: { openCalls: [{ name: 'echo' }] },
    });
    expect(types.filter((type) => type === 'tool-result')).toHaveLength(maxRounds - 1);
    expect(chat.history).toEqual([]);
    // Whoever wants to go on can.
    const history = [question, ...(outcome.turn?.contents ?? [])];
    const later = createGemini().chat({ history });
    expect(later.openCalls).toMatchObject([{ name: 'echo' }]);
  });

  it('is left in the middle of an answer that calls without end', async () => {
    const calls = Array.from({ length: 200 }, (_, index) => call('echo', { text: 'again' }, `${index}`));
    const { outcome, types, requests } = await run(asking(calls), { tools: [echo] });
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'too-many-calls', limit: 128 } });
    expect(types.filter((type) => type === 'tool-call').length).toBeLessThanOrEqual(128);
    expect(requests).toHaveLength(1);
  });

  it('is asked ten times by default', async () => {
    expect((await run(endless, { tools: [echo] })).requests).toHaveLength(10);
  });
});

describe('a call that is the caller’s to answer', () => {
  const confirm = tool({ name: 'confirm', description: 'Asks the user.', parameters: z.object({}) });

  it.for<[what: string, tools: ToolOptions['tools']]>([
    ['a tool() without execute', [confirm, echo]],
    ['a declaration of the API', [{ functionDeclarations: [{ name: 'confirm' }] }, echo]],
  ])('ends the turn, whose results go back together: %s', async ([, tools]) => {
    const parts = [call('echo', { text: 'a' }), call('confirm'), call('echo', { text: 'b' }, '3')];
    await using emulator = await createEmulator(asking(parts));
    const chat = createGemini({ baseUrl: emulator.url }).chat({ tools });
    const outcome = await chat.stream('Go.').outcome;
    expect(outcome).toMatchObject({ status: 'completed', text: '', turn: { openCalls: [{ name: 'confirm' }] } });
    const mine = [response('echo', { said: 'a' }), response('echo', { said: 'b' }, '3')];
    expect(chat.history).toEqual([question, model(...parts), user(...mine)]);
    expect(chat.openCalls).toMatchObject([{ id: 'confirm', name: 'confirm' }]);

    const rebuilt = createGemini({ baseUrl: emulator.url }).chat({ tools, history: chat.history });
    expect(await rebuilt.stream([response('confirm', { yes: true })]).text()).toBe('Done.');
    const answers = user(...mine.slice(0, 1), response('confirm', { yes: true }), ...mine.slice(1));
    expect(emulator.requests[1]?.body).toMatchObject({ contents: [question, model(...parts), answers] });
    expect(rebuilt.history).toEqual([question, model(...parts), answers, model({ text: 'Done.' })]);
  });
});

describe('an answer that was cut off', () => {
  const open = { functionCall: { name: 'echo', willContinue: true } };
  const piece = { functionCall: { partialArgs: [{ jsonPath: '$.text', stringValue: 'rm -rf' }], willContinue: true } };

  it.for([
    ['truncated', undefined],
    ['completed', 'MAX_TOKENS'],
  ] as const)('runs no half call: %s at %s', async ([status, finishReason]) => {
    const chunks = [
      chunk([open]),
      chunk([piece]),
      ...(finishReason === undefined ? [] : [{ candidates: [{ finishReason }] }]),
    ];
    const { outcome, types, requests, chat } = await run(
      { script: [{ reply: { chunks: chunks as never } }] },
      { tools: [echo] },
    );
    expect(outcome.status).toBe(status);
    expect(types).not.toContain('tool-call');
    expect(requests).toHaveLength(1);
    expect(outcome.turn?.contents).toEqual([]);
    expect(chat.history).toEqual([]);
  });

  it('runs one whose last piece was its finish reason', async () => {
    const chunks = [chunk([open]), chunk([piece], { finishReason: 'STOP' })];
    const script = [{ match: { turn: 1 }, reply: { chunks: chunks as never } }, { reply: { text: 'Done.' } }];
    const { contents } = await run({ script }, { tools: [echo] });
    const { args } = contents[1]?.[1]?.parts?.[0]?.functionCall ?? {};
    expect(args).toEqual({ text: 'rm -rf' });
  });

  it('fails where the model made a call that is none', async () => {
    const { outcome } = await run({ scenario: 'finish-malformed-call' }, { tools: [echo] });
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { name: 'GeminiError', code: 'malformed-function-call', reason: 'MALFORMED_FUNCTION_CALL' },
    });
  });

  it('keeps the rounds before it where that was asked for', async () => {
    const usage = { totalTokenCount: 7 };
    const script = [
      { match: { turn: 1 }, reply: { parts: [call('echo', { text: 'a' })] as never } },
      { match: { turn: 2 }, reply: { chunks: [{ ...chunk([{ text: 'So' }]), usageMetadata: usage }] as never } },
      { reply: { text: 'Done.' } },
    ];
    await using emulator = await createEmulator({ script });
    const chat = createGemini({ baseUrl: emulator.url, retry }).chat({ tools: [echo], keep: 'partial' });
    expect(await chat.stream('Go.').outcome).toMatchObject({ status: 'truncated', usageKind: 'last-seen' });
    const rounds = [model(call('echo', { text: 'a' })), user(response('echo', { said: 'a' }))];
    expect(chat.history).toEqual([question, ...rounds, model({ text: 'So' })]);
    expect(await chat.stream('Go on.').text()).toBe('Done.');
  });

  it('keeps a call with its signature, and says that it did not end', async () => {
    const first = { ...call('hangs', {}, '1'), thoughtSignature: 'c2ln' };
    const second = call('echo', { text: 'a' }, '2');
    const hangs = tool({ name: 'hangs', execute: () => new Promise(() => {}) });
    await using emulator = await createEmulator(asking([first, second]));
    const chat = createGemini({ baseUrl: emulator.url }).chat({ tools: [echo, hangs], keep: 'partial' });
    const stream = chat.stream('Go.');
    for await (const event of stream) if (event.type === 'tool-result') stream.stop();
    const results = user(
      response('hangs', { error: 'the turn ended before it did' }, '1'),
      response('echo', { said: 'a' }, '2'),
    );
    expect(chat.history).toEqual([question, model(first, second), results]);
  });
});

describe('what cannot be meant', () => {
  const execute = () => 1;
  it.for<[make: () => unknown, message: string]>([
    [
      () => tool({ name: 'a b', execute }),
      'name: expected a letter or _ and up to 127 of A-Z a-z 0-9 _ . : -, got "a b"',
    ],
    [() => tool({ name: 'f', execute: 7 as never }), 'f.execute: expected a function, got number'],
    [() => tool({ name: 'f', timeoutMs: 0, execute }), 'f.timeoutMs: expected a number above 0, got 0'],
    [
      () => tool({ name: 'f', parameters: z.string(), execute }),
      'f.parameters: expected the schema of an object, got one of "string"',
    ],
    [
      () => tool({ name: 'f', parameters: 7 as never, execute }),
      'f.parameters: schema: expected a zod schema or a JSON Schema, got number',
    ],
    [
      () => createGemini().stream('hi', { tools: ['f' as never] }),
      'tools[0]: expected what tool() makes or an entry of the API, got string',
    ],
    [
      () => createGemini().stream('hi', { tools: [{ callTool: execute }] }),
      'tools[0]: expected what tool() makes, got a CallableTool',
    ],
    [() => createGemini().chat({ tools: [echo, echo] }), 'tools: expected echo once, got it twice'],
    [() => createGemini().chat({ maxRounds: 0 }), 'maxRounds: expected a whole number of at least 1, got 0'],
    [
      () => createGemini().stream('hi', { tools: [echo], maxParallelCalls: 1.5 }),
      'maxParallelCalls: expected a whole number',
    ],
    [
      () => createGemini().stream('hi', { tools: [echo], toolTimeoutMs: -1 }),
      'toolTimeoutMs: expected a number above 0, got -1',
    ],
    [
      () => createGemini().stream('hi', { tools: [echo], onToolError: 'x' as never }),
      "onToolError: expected 'tell-model' or 'fail', got x",
    ],
    [() => createGemini().stream('hi', { tools: [echo], restart: true }), 'restart: expected false with tool()'],
  ])('is a TypeError: %#', ([make, message]) => {
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  it('is no tool that the API alone knows', () => {
    expect(new GeminiError('tool-failed', 'x').retryable).toBe(false);
    expect(JSON.parse(JSON.stringify(echo))).toMatchObject({ functionDeclarations: [{ name: 'echo' }] });
  });
});
