import { createGemini, GeminiError, tool, type GeminiOptions, type StreamInput } from '@gemini/client';
import { createEmulator, type Emulator } from '@gemini/emulator';
import { createRequire } from 'node:module';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import * as mini from 'zod/mini';
import { body, chunk } from './chunks.ts';
import { waitFor } from './wait-for.ts';

const client = (emulator: Emulator, options: GeminiOptions = {}) => createGemini({ baseUrl: emulator.url, ...options });

const recipe = z.object({
  name: z.string(),
  kind: z.enum(['starter', 'main', 'dessert']),
  minutes: z.number().int(),
  steps: z.array(z.object({ text: z.string(), isHot: z.boolean().default(false) })),
});

/** An emulator that answers with these pieces of text. */
const answering = (texts: readonly string[], finishReason = 'STOP') =>
  createEmulator({
    recording: {
      body: body(...texts.map((text) => chunk([{ text }])), { candidates: [{ index: 0, finishReason }] }),
      chunkBytes: 'event',
    },
  });

const collect = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describe('streamObject', () => {
  it('the request has the schema and all its other fields', async () => {
    await using emulator = await createEmulator();
    const request = { contents: 'A cake', config: { temperature: 0, systemInstruction: 'Be brief.' } };
    const value = await client(emulator).streamObject(request, { schema: recipe }).object();
    expect(recipe.parse(value)).toEqual(value);
    expect(emulator.requests[0]?.body).not.toHaveProperty('generationConfig.responseJsonSchema.$schema');
    expect(emulator.requests[0]?.body).toMatchObject({
      contents: [{ parts: [{ text: 'A cake' }] }],
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      generationConfig: {
        temperature: 0,
        responseMimeType: 'application/json',
        responseJsonSchema: {
          type: 'object',
          properties: { kind: { enum: ['starter', 'main', 'dessert'] }, minutes: { type: 'integer' } },
          required: ['name', 'kind', 'minutes', 'steps'],
        },
      },
    });
  });

  it('partial objects show free text from its first character and all else when it is complete', async () => {
    const texts = ['{"name":"Ca', 'ke","kind":"des', 'sert","minutes":4', '5,"steps":[{"te', 'xt":"Mi', 'x"},{}]}'];
    await using emulator = await answering(texts);
    const stream = client(emulator).streamObject('A cake', { schema: recipe });
    expect(await collect(stream.partialObjects)).toEqual([
      { name: 'Ca' },
      { name: 'Cake' },
      { name: 'Cake', kind: 'dessert' },
      { name: 'Cake', kind: 'dessert', minutes: 45, steps: [{}] },
      { name: 'Cake', kind: 'dessert', minutes: 45, steps: [{ text: 'Mi' }] },
      { name: 'Cake', kind: 'dessert', minutes: 45, steps: [{ text: 'Mix' }, {}] },
    ]);
    // The last step has no text, so the object does not fit.
    await expect(stream.object()).rejects.toMatchObject({
      code: 'invalid-object',
      issues: [{ path: ['steps', 1, 'text'] }],
    });
  });

  it('object() returns the output of the schema, each time it is called', async () => {
    const schema = z.object({ at: z.iso.date().transform((text) => new Date(text)), tag: z.string().default('none') });
    await using emulator = await answering(['{"at":"2026-', '11-22"}']);
    const stream = client(emulator).streamObject('When?', { schema });
    expectTypeOf(stream.object()).resolves.toEqualTypeOf<{ at: Date; tag: string }>();
    for await (const partial of stream.partialObjects) {
      expectTypeOf(partial).toEqualTypeOf<{ at?: string; tag?: string | undefined }>();
    }
    expect(await collect(stream.partialObjects)).toEqual([{}, { at: '2026-11-22' }]);
    expect(await stream.object()).toEqual({ at: new Date('2026-11-22'), tag: 'none' });
    expect(stream.object()).toBe(stream.object());
    expect(await stream.text()).toBe('{"at":"2026-11-22"}');
    expect((await stream.outcome).status).toBe('completed');
  });

  const otherCopy = createRequire(import.meta.url)('zod') as typeof z;
  const otherMini = createRequire(import.meta.url)('zod/mini') as typeof mini;

  it.for([
    ['of another copy of zod', otherCopy.object({ n: otherCopy.number(), d: otherCopy.iso.date().optional() })],
    ['of another zod/mini', otherMini.object({ n: otherMini.number(), d: otherMini.optional(otherMini.iso.date()) })],
    ['of zod/mini', mini.object({ n: mini.number(), d: mini.optional(mini.iso.date()) })],
    [
      'in JSON Schema',
      { type: 'object', properties: { n: { type: 'number' }, d: { type: 'string', format: 'date' } }, required: ['n'] },
    ],
    [
      // The form of any library that implements Standard Schema and converts to JSON Schema.
      'of another library',
      {
        '~standard': {
          version: 1,
          vendor: 'other',
          validate: (value: { n?: unknown }) =>
            typeof value.n === 'number' ? { value } : { issues: [{ message: 'no number', path: [{ key: 'n' }] }] },
          jsonSchema: {
            input: () => ({ type: 'object', properties: { d: { type: 'string', format: 'date' } }, required: ['n'] }),
          },
        },
      },
    ],
  ] as unknown as [string, typeof recipe][])('takes a schema %s', async ([, schema]) => {
    await using good = await answering(['{"d":"2026-', '01-02","n":1}']);
    const stream = client(good).streamObject('A number', { schema });
    expect(await collect(stream.partialObjects)).toEqual([{}, { d: '2026-01-02', n: 1 }]);
    expect(await stream.object()).toEqual({ d: '2026-01-02', n: 1 });
    expect(good.requests[0]?.body).toMatchObject({
      generationConfig: {
        responseJsonSchema: { type: 'object', properties: { d: { type: 'string' } } },
      },
    });
    await using bad = await answering(['{"n":"one"}']);
    await expect(client(bad).streamObject('A number', { schema }).object()).rejects.toMatchObject({
      code: 'invalid-object',
      issues: [{ path: ['n'] }],
    });
  });

  it('the caller names the type of a plain JSON Schema', async () => {
    await using emulator = await createEmulator();
    const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
    expectTypeOf(client(emulator).streamObject('hi', { schema }).object()).resolves.toBeUnknown();
    const typed = client(emulator).streamObject<{ n: number }>('hi', { schema });
    expectTypeOf(typed.object()).resolves.toEqualTypeOf<{ n: number }>();
    expect(await typed.object()).toEqual({ n: expect.any(Number) as number });
  });

  it('a const is sent as an enum of one value', async () => {
    const schema = z.discriminatedUnion('type', [
      z.object({ type: z.literal('text'), text: z.string() }),
      z.object({ type: z.literal('date'), text: z.iso.date() }),
    ]);
    await using emulator = await answering(['{"type":"te', 'xt","text":"so', 'on"}']);
    const stream = client(emulator).streamObject('When?', { schema });
    // One of the two schemas is a date, and a prefix of a date is invalid.
    expect(await collect(stream.partialObjects)).toEqual([{}, { type: 'text' }, { type: 'text', text: 'soon' }]);
    expect(emulator.requests[0]?.body).toMatchObject({
      generationConfig: {
        responseJsonSchema: {
          anyOf: [{ properties: { type: { enum: ['text'] } } }, { properties: { type: { enum: ['date'] } } }],
        },
      },
    });
    expect(await stream.object()).toEqual({ type: 'text', text: 'soon' });
  });

  it('an answer in a Markdown fence is read', async () => {
    await using emulator = await answering(['``', '`json\n["a', '"]\n```\n']);
    const stream = client(emulator).streamObject('A list', { schema: z.array(z.string()) });
    expect(await collect(stream.partialObjects)).toEqual([['a'], ['a']]);
    expect(await stream.object()).toEqual(['a']);
  });

  it.for([
    'Here it is:\n```json\n{"a":1}\n```\nEnjoy!',
    '```\n{"a":1}\n```',
    '\uFEFF{"a":1}',
    'Sure: {"a":1} - done.',
    ' {"a":1} \n',
  ])('an object in other words is read: %j', async (text) => {
    await using emulator = await answering([text]);
    const stream = client(emulator).streamObject('A number', { schema: z.object({ a: z.number() }) });
    expect(await stream.object()).toEqual({ a: 1 });
  });

  it.for(['{"a":1} or {"a":2}', '```json\n{"a":1}\n```\n```json\n{"a":2}\n```', 'a {"a":'])(
    'two objects, or a part of one, are not read: %j',
    async (text) => {
      await using emulator = await answering([text]);
      const stream = client(emulator).streamObject('A number', { schema: z.object({ a: z.number() }) });
      await expect(stream.object()).rejects.toMatchObject({ code: 'invalid-object' });
    },
  );

  it('the object is read from the first candidate without its thoughts', async () => {
    const recording = {
      body: body(
        chunk([{ text: '{"no', thought: true }]),
        { candidates: [{ index: 1, content: { parts: [{ text: '[2' }] } }] },
        chunk([{ text: '[1' }]),
        { candidates: [{ index: 1, content: { parts: [{ text: ']' }] }, finishReason: 'STOP' }] },
        chunk([{ text: ']' }], { finishReason: 'STOP' }),
      ),
    };
    await using emulator = await createEmulator({ recording });
    const stream = client(emulator).streamObject('A list', { schema: z.array(z.number()) });
    expect(await collect(stream.partialObjects)).toEqual([[], [1]]);
    expect(await stream.object()).toEqual([1]);
  });

  it.for(['continuation-chain', 'checkpoint-then-text-then-reset', 'unavailable-then-fine'] as const)(
    'the object is complete after another request: %s',
    async (scenario) => {
      await using whole = await createEmulator();
      await using broken = await createEmulator({ scenario });
      const expected = await client(whole).streamObject('A cake', { schema: recipe }).object();
      const stream = client(broken, { retry: { baseDelayMs: 0 } }).streamObject('A cake', { schema: recipe });
      const partials = await collect(stream.partialObjects);
      expect(partials.at(-1)).toMatchObject({ name: expected.name, kind: expected.kind, minutes: expected.minutes });
      expect(await stream.object()).toEqual(expected);
      expect((await stream.outcome).attempts).toBeGreaterThan(1);
    },
  );

  it('the object is the last answer of a turn with functions', async () => {
    const tools = [tool({ name: 'look', execute: () => ({ sky: 'grey' }) })];
    await using emulator = await createEmulator({
      script: [
        { match: { turn: 1 }, reply: { functionCalls: [{ name: 'look', args: {} }] } },
        { match: { functionResponse: 'look' }, reply: { text: ['{"sky":"gr', 'ey"}'] } },
      ],
    });
    const stream = client(emulator).streamObject('Look', { schema: z.object({ sky: z.string() }), tools });
    expect(await collect(stream.partialObjects)).toEqual([{ sky: 'gr' }, { sky: 'grey' }]);
    expect(await stream.object()).toEqual({ sky: 'grey' });
  });

  it('leaving the loop over the partial objects closes the socket', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 5, burst: 1 } });
    const stream = client(emulator).streamObject('A cake', { schema: recipe });
    for await (const partial of stream.partialObjects) {
      expect(partial).toBeTypeOf('object');
      break;
    }
    await waitFor(() => emulator.requests[0]?.closedBy === 'client');
    await expect(stream.object()).rejects.toMatchObject({ code: 'stopped' });
  });

  it('the loop over the partial objects can be left while it waits', async () => {
    await using emulator = await createEmulator({ pace: { timeToFirstTokenMs: 60_000 } });
    const iterator = client(emulator).streamObject('A cake', { schema: recipe }).partialObjects[Symbol.asyncIterator]();
    const waiting = iterator.next();
    await emulator.whenReceived(1);
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await waitFor(() => emulator.requests[0]?.closedBy === 'client');
  });

  it('several pending calls of next() resolve in order', async () => {
    await using emulator = await answering(['[', '1,', '2,', '3]']);
    const stream = client(emulator).streamObject('A list', { schema: z.array(z.number()) });
    const iterator = stream.partialObjects[Symbol.asyncIterator]();
    const steps = await Promise.all([1, 2, 3, 4, 5].map(() => iterator.next()));
    expect(steps.map(({ value }) => value as unknown)).toEqual([[], [1], [1, 2], [1, 2, 3], undefined]);
  });

  it('a large object has fewer partial objects than pieces, and the last one is complete', async () => {
    const itemsCount = 3_000;
    const texts = Array.from({ length: itemsCount }, (_, index) => `${index === 0 ? '[' : ','}${index}`);
    await using emulator = await answering([...texts, ']']);
    const stream = client(emulator).streamObject('A list', { schema: z.array(z.number()) });
    const text = await stream.text();
    let copiedItems = 0;
    let last: unknown;
    for await (const partial of stream.partialObjects) {
      copiedItems += partial.length;
      last = partial;
    }
    expect(last).toEqual(Array.from({ length: itemsCount }, (_, index) => index));
    // One partial object for each piece would copy 4.5 million items.
    expect(copiedItems).toBeLessThan(100_000 + 9 * text.length + 2 * itemsCount);
  });

  it('the signal of the request and that of the options both stop the stream', async () => {
    await using emulator = await createEmulator({ pace: { timeToFirstTokenMs: 60_000 } });
    for (const one of [0, 1]) {
      const controllers = [new AbortController(), new AbortController()] as const;
      const stream = client(emulator).streamObject(
        { contents: 'A cake', config: { abortSignal: controllers[0].signal } },
        { schema: recipe, signal: controllers[1].signal },
      );
      controllers[one]?.abort();
      expect((await stream.outcome).status).toBe('stopped');
    }
  });
});

describe('an answer that does not fit', () => {
  const failureOf = async (emulator: Emulator): Promise<GeminiError> => {
    const stream = client(emulator).streamObject('A cake', { schema: recipe });
    const error: unknown = await stream.object().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(GeminiError);
    return error as GeminiError;
  };

  it('the error has the issues and the text, and the text is not enumerable', async () => {
    const text = '{"name":"secret cake","kind":"soup","minutes":1.5,"steps":[{}]}';
    await using emulator = await answering([text]);
    const error = await failureOf(emulator);
    expect(error).toMatchObject({ code: 'invalid-object', text, retryable: false });
    expect(error.issues.map(({ path }) => path)).toEqual([['kind'], ['minutes'], ['steps', 0, 'text']]);
    expect(error.message).toMatch(/^the answer does not fit the schema: kind: .+; minutes: .+; steps\.0\.text: .+$/);
    expect(error.partial?.candidates?.[0]?.finishReason).toBe('STOP');
    expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain('secret cake');
  });

  it.for([
    ['Sure! Here is your cake.', 'invalid-object', /: no JSON from character 4 on$/],
    ['{"name":"cake"}}', 'invalid-object', /: no JSON from character 16 on$/],
    ['{"name":"ca', 'incomplete-object', /^the answer ended before its object did \(STOP, 11 characters\)$/],
  ] as const)('the error explains what is wrong: %s', async ([text, code, message]) => {
    await using emulator = await answering([text]);
    expect(await failureOf(emulator)).toMatchObject({ code, message: expect.stringMatching(message) as string, text });
  });

  it('an answer that the token limit cut is incomplete, not invalid', async () => {
    await using emulator = await answering(['{"name":"ca'], 'MAX_TOKENS');
    expect(await failureOf(emulator)).toMatchObject({
      code: 'incomplete-object',
      reason: 'MAX_TOKENS',
      text: '{"name":"ca',
    });
    await using whole = await answering(['{"name":"c","kind":"main","minutes":1,"steps":[]}'], 'MAX_TOKENS');
    const stream = client(whole).streamObject('A cake', { schema: recipe });
    expect(await stream.object()).toMatchObject({ name: 'c' });
  });

  it('a refused answer is reported as blocked', async () => {
    await using answer = await answering(['{"name":"'], 'SAFETY');
    expect(await failureOf(answer)).toMatchObject({ code: 'blocked', reason: 'SAFETY', text: '{"name":"' });
    await using prompt = await createEmulator({ scenario: 'blocked-prompt' });
    expect(await failureOf(prompt)).toMatchObject({ code: 'blocked', reason: 'SAFETY' });
  });

  it('object() rejects with the error of the stream', async () => {
    await using emulator = await createEmulator({ scenario: 'reset-after-content' });
    const stream = client(emulator, { retry: false }).streamObject('A cake', { schema: recipe });
    await expect(collect(stream.partialObjects)).rejects.toMatchObject({ code: 'connection-lost' });
    await expect(stream.object()).rejects.toMatchObject({ code: 'connection-lost' });
  });

  it('the partial objects end where the answer stops being JSON', async () => {
    await using emulator = await answering(['{"name":"a', '"} oh', '{"name":"b"}']);
    const stream = client(emulator).streamObject('A cake', { schema: recipe });
    expect(await collect(stream.partialObjects)).toEqual([{ name: 'a' }, { name: 'a' }]);
    await expect(stream.object()).rejects.toMatchObject({ code: 'invalid-object' });
  });

  it('an object that is never requested causes no unhandled rejection', async () => {
    await using emulator = await answering(['no']);
    const stream = client(emulator).streamObject('A cake', { schema: recipe });
    void stream.object();
    expect((await stream.outcome).status).toBe('completed');
  });
});

describe('an invalid request for an object', () => {
  it.for<[unknown, string]>([
    [undefined, 'schema: expected a zod schema or a JSON Schema, got undefined'],
    [null, 'schema: expected a zod schema or a JSON Schema, got null'],
    ['string', 'schema: expected a zod schema or a JSON Schema, got string'],
    [z.object({ at: z.date() }), 'schema: expected a schema that converts to JSON Schema: Date cannot be represented'],
    [
      mini.object({ at: mini.date() }),
      'schema: expected a schema that converts to JSON Schema: Date cannot be represented',
    ],
    [
      { '~standard': { version: 1, vendor: 'other', validate: () => ({}) } },
      'converts to JSON Schema, such as one of zod 4',
    ],
  ])('an invalid schema throws a TypeError before the request: %#', async ([schema, message]) => {
    await using emulator = await createEmulator();
    const ask = () => client(emulator).streamObject('hi', { schema: schema as typeof recipe });
    expect(ask).toThrow(TypeError);
    expect(ask).toThrow(message);
    expect(emulator.requests).toEqual([]);
  });

  it.for<[object, string]>([
    [{ responseSchema: {} }, 'generationConfig.responseSchema: expected none beside schema, got object'],
    [{ responseJsonSchema: {} }, 'generationConfig.responseJsonSchema: expected none beside schema, got object'],
    [{ responseMimeType: 'text/x.enum' }, 'responseMimeType: expected application/json, got text/x.enum'],
  ])('a request for another format throws a TypeError: %j', ([config, message]) => {
    const gemini = createGemini({ baseUrl: 'http://127.0.0.1:1' });
    for (const input of [
      { contents: 'hi', config },
      { contents: 'hi', generationConfig: config },
    ]) {
      expect(() => gemini.streamObject(input as StreamInput, { schema: recipe })).toThrow(message);
    }
  });

  it('partialObjects refuses restart: true', async () => {
    await using emulator = await answering(['{}']);
    const stream = client(emulator).streamObject('hi', { schema: z.object({}), restart: true });
    expect(() => stream.partialObjects[Symbol.asyncIterator]()).toThrow(
      'partialObjects: expected a stream without restart',
    );
    expect(await stream.object()).toEqual({});
  });
});
