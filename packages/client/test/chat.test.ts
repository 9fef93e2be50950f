import { createGemini, GeminiError, type ChatOptions, type Content, type KeepTurns } from '@gemini/client';
import { createEmulator, type EmulatorOptions } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { body, chunk, type Chunks } from './chunks.ts';
import { waitFor } from './wait-for.ts';

const retry = { maxAttempts: 1 };
const user = (text: string): Content => ({ role: 'user', parts: [{ text }] });
const model = (text: string): Content => ({ role: 'model', parts: [{ text }] });

/** A chat that receives these bytes in every turn. */
const answered = async (options: EmulatorOptions, chatOptions: ChatOptions = {}) => {
  const emulator = await createEmulator(options);
  const chat = createGemini({ baseUrl: emulator.url, retry }).chat(chatOptions);
  return { emulator, chat, [Symbol.asyncDispose]: () => emulator.close() };
};

describe('a chat', () => {
  it('a chat sends the history and its settings with every request', async () => {
    const options = { systemInstruction: 'Be short.', config: { temperature: 0 }, history: [user('a'), model('b')] };
    await using talk = await answered({ script: [{ reply: { text: 'Yes.' } }] }, options);
    await talk.chat.stream('c').text();
    await talk.chat.stream([{ text: 'd' }, 'e']).text();
    expect(talk.emulator.requests.map((request) => request.body)).toEqual(
      [
        [user('a'), model('b'), user('c')],
        [user('a'), model('b'), user('c'), model('Yes.'), { role: 'user', parts: [{ text: 'd' }, { text: 'e' }] }],
      ].map((contents) => ({
        contents,
        systemInstruction: { role: 'user', parts: [{ text: 'Be short.' }] },
        generationConfig: { temperature: 0 },
      })),
    );
  });

  it('a turn uses its own model, or that of the chat', async () => {
    await using talk = await answered({ models: ['one', 'two'] }, { model: 'one' });
    await talk.chat.stream('hi').text();
    await talk.chat.stream('hi', { model: 'two' }).text();
    expect(talk.emulator.requests.map(({ path }) => /models\/(\w+):/.exec(path)?.[1])).toEqual(['one', 'two']);
  });

  it('the history has the turn as soon as the stream has ended, also after a stop', async () => {
    await using talk = await answered({ pace: { tokensPerSecond: 2, burst: 1 } }, { keep: 'partial' });
    const { chat } = talk;
    const stream = chat.stream('Count slowly from 1 to 10');
    for await (const _text of stream.textStream) {
      expect(chat.history).toEqual([]);
      stream.stop();
      expect(chat.history).toEqual([user('Count slowly from 1 to 10'), model('1,')]);
    }
    chat.stream('Once more').stop();
  });

  it('a chat made from the JSON of a history continues the conversation', async () => {
    await using emulator = await createEmulator();
    const gemini = createGemini({ baseUrl: emulator.url });
    const first = gemini.chat();
    await first.stream('Hello, my name is Ada').text();
    const rebuilt = gemini.chat({ history: JSON.parse(JSON.stringify(first.history)) as Content[] });
    expect(await rebuilt.stream('What is my name?').text()).toContain('Ada');
    await first.stream('What is my name?').text();
    const [, second, third] = emulator.requests;
    expect(second?.body).toEqual(third?.body);
    expect(rebuilt.history).toEqual(first.history);
  });

  it('a change of a returned history does not change the chat', async () => {
    const given = [user('a'), model('b')];
    await using talk = await answered({}, { history: given });
    const part = { text: 'c' };
    const stream = talk.chat.stream([part]);
    part.text = 'changed';
    given.push(user('changed'));
    for (const { parts = [] } of given) parts[0] = { text: 'changed' };
    const outcome = await stream.outcome;
    for (const candidate of outcome.response.candidates ?? []) delete candidate.content;
    for (const content of talk.chat.history) delete content.parts;
    talk.chat.history.pop();
    expect(talk.chat.history).toEqual([user('a'), model('b'), user('c'), model(outcome.text)]);
  });

  it('a second turn throws chat-busy while the first one runs', async () => {
    await using talk = await answered({});
    const stream = talk.chat.stream('a');
    const busy = expect.objectContaining({ name: 'GeminiError', code: 'chat-busy' });
    expect(() => talk.chat.stream('b')).toThrow(GeminiError);
    expect(() => talk.chat.stream('b')).toThrow(busy);
    await stream.outcome;
    await talk.chat.stream('c').outcome;
    expect(talk.chat.history.map(({ role }) => role)).toEqual(['user', 'model', 'user', 'model']);
  });

  it('a chat accepts another turn after one that never started', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 2, burst: 1 } });
    const gemini = createGemini({ baseUrl: emulator.url, manager: { maxStreams: 1, maxQueuedStreams: 1 } });
    await using _first = gemini.stream('Count slowly from 1 to 10');
    const chat = gemini.chat();
    const queued = chat.stream('b');
    const refused = gemini.chat();
    expect(() => refused.stream('c')).toThrow('1 streams are running');
    queued.stop();
    expect((await queued.outcome).status).toBe('stopped');
    expect(chat.history).toEqual([]);
    await using third = chat.stream('c');
    expect(() => chat.stream('d')).toThrow('another turn');
    third.stop();
    await third.outcome;
    refused.stream('c').stop();
    expect((await chat.stream('e', { signal: AbortSignal.abort() }).outcome).status).toBe('stopped');
    chat.stream('f').stop();
  });
});

it('a stream that waits too long for its place fails with queue-timeout, for its loop and its text', async () => {
  await using emulator = await createEmulator({ pace: { tokensPerSecond: 2, burst: 1 } });
  const gemini = createGemini({ baseUrl: emulator.url, manager: { maxStreams: 1, queueTimeoutMs: 5 } });
  await using _first = gemini.stream('Count slowly from 1 to 10');
  const queued = gemini.stream('b');
  expect(await queued.outcome).toMatchObject({ status: 'failed', endedBy: 'error', text: '', attempts: 0 });
  const late = expect.objectContaining({ name: 'GeminiError', code: 'queue-timeout', retryable: true });
  await expect(queued.text()).rejects.toThrow(late);
  const types: string[] = [];
  const loop = (async () => {
    for await (const { type } of gemini.stream('c')) types.push(type);
  })();
  await expect(loop).rejects.toThrow(late);
  expect(types).toEqual(['end']);
});

describe('the history of a turn', () => {
  const cut = (...chunks: Chunks) => ({ recording: { body: body(...chunks) } });
  const broken = chunk([{ text: 'So' }]);
  const call = { functionCall: { name: 'look', args: {} }, thoughtSignature: 'c2ln' };

  it.for<[what: string, options: EmulatorOptions, keep: KeepTurns, kept: Content['parts'] | undefined]>([
    ['a whole answer', cut(chunk([{ text: 'Yes' }], { finishReason: 'STOP' })), 'completed', [{ text: 'Yes' }]],
    [
      'an answer at its limit',
      cut(chunk([{ text: 'Y' }], { finishReason: 'MAX_TOKENS' })),
      'completed',
      [{ text: 'Y' }],
    ],
    ['an answer without content', cut({ candidates: [{ finishReason: 'MAX_TOKENS' }] }), 'completed', undefined],
    [
      'another candidate’s answer',
      cut(chunk([{ text: 'x' }], { index: 1, finishReason: 'STOP' })),
      'completed',
      undefined,
    ],
    ['an answer that was cut', cut(broken), 'completed', undefined],
    ['an answer that was cut', cut(broken), 'partial', [{ text: 'So' }]],
    ['an answer that failed', cut(broken, 'data: {"error":{"code":500}}\n\n'), 'partial', [{ text: 'So' }]],
    ['a cut answer without content', cut({ usageMetadata: { totalTokenCount: 1 } }), 'partial', undefined],
    ['a cut answer with a call', cut(broken, chunk([call])), 'partial', [{ text: 'So' }]],
    ['a blocked answer', cut(chunk([{ text: 'So' }], { finishReason: 'SAFETY' })), 'partial', undefined],
    ['a blocked prompt', { scenario: 'blocked-prompt' }, 'partial', undefined],
    ['a refused request', { scenario: 'quota-per-day' }, 'partial', undefined],
  ])('the history keeps the right parts of %s', async ([, options, keep, kept]) => {
    await using talk = await answered(options, { keep, history: [user('a'), model('b')] });
    await talk.chat.stream('c').outcome;
    const turn = kept === undefined ? [] : [user('c'), { role: 'model', parts: kept }];
    expect(talk.chat.history).toEqual([user('a'), model('b'), ...turn]);
  });

  it.for<[what: string, chunks: Chunks, parts: Content['parts']]>([
    [
      'a last chunk that has only usage',
      [
        chunk([{ text: 'a' }]),
        chunk([{ text: 'b' }], { finishReason: 'STOP' }),
        { usageMetadata: { totalTokenCount: 3 } },
      ],
      [{ text: 'ab' }],
    ],
    [
      'a last chunk without content',
      [chunk([{ text: 'a' }]), { candidates: [{ finishReason: 'STOP' }] }],
      [{ text: 'a' }],
    ],
    [
      'signatures on several parts',
      [
        chunk([{ text: 'hm', thought: true }]),
        chunk([{ text: 'a' }]),
        chunk([{ text: 'b', thoughtSignature: 'b2' }, { text: 'c' }]),
        chunk([{ text: '', thoughtSignature: 'c2' }], { finishReason: 'STOP' }),
      ],
      [
        { text: 'hm', thought: true },
        { text: 'a' },
        { text: 'b', thoughtSignature: 'b2' },
        { text: 'c' },
        { text: '', thoughtSignature: 'c2' },
      ],
    ],
    [
      'null fields and empty parts',
      [
        'data: {"candidates":[{"content":{"parts":[{"text":"a","thoughtSignature":null},{},{"functionCall":{"id":null,"name":"f","args":{"x":null}}}]},"finishReason":"STOP"}]}\n\n',
      ],
      [{ text: 'a' }, { functionCall: { name: 'f', args: { x: null } } }],
    ],
    [
      'a closing piece without an open call, which is left out',
      [chunk([{ text: 'a' }]), chunk([{ functionCall: {}, thoughtSignature: 'eA==' }], { finishReason: 'STOP' })],
      [{ text: 'a' }],
    ],
    [
      'two candidates, of which the first is kept',
      [chunk([{ text: 'x' }], { index: 1, finishReason: 'STOP' }), chunk([{ text: 'a' }], { finishReason: 'STOP' })],
      [{ text: 'a' }],
    ],
    [
      'a call that the token limit cut off, which is left out',
      [
        chunk([{ text: 'a' }]),
        chunk([{ functionCall: { name: 'f', willContinue: true } }]),
        chunk([{ functionCall: { partialArgs: [{ jsonPath: '$.x', stringValue: 'O' }], willContinue: true } }], {
          finishReason: 'MAX_TOKENS',
        }),
      ],
      [{ text: 'a' }],
    ],
  ])('the history keeps the parts of an answer with %s', async ([, chunks, parts]) => {
    await using talk = await answered({ recording: { body: body(...chunks) } });
    const { status } = await talk.chat.stream('hi').outcome;
    expect([status, talk.chat.history]).toEqual(['completed', [user('hi'), { role: 'model', parts }]]);
    // The kept history can be sent again.
    expect(
      (await talk.chat.stream(talk.chat.openCalls.length === 0 ? 'more' : answers(talk.chat.openCalls)).outcome).status,
    ).toBe('completed');
  });
});

const answers = (calls: readonly { name?: string | undefined; id?: string | undefined }[]) =>
  calls.map(({ name = '' }) => ({ functionResponse: { name, response: { output: 1 } } }));

describe('open calls', () => {
  const calls = [
    { functionCall: { id: '1', name: 'look', args: { at: 'Oslo' } }, thoughtSignature: 'c2ln' },
    { functionCall: { id: '2', name: 'look', args: { at: 'Rome' } } },
  ];
  const asking: Content[] = [user('How is it outside?'), { role: 'model', parts: calls }];
  const result = (id: string, output: string) => ({ functionResponse: { id, name: 'look', response: { output } } });

  it('the results of open calls are sent in the order of the calls, with ids and signatures', async () => {
    await using talk = await answered({ checkThoughtSignatures: true }, { history: asking, model: 'gemini-3-flash' });
    expect(talk.chat.openCalls).toEqual(calls.map(({ functionCall }) => functionCall));
    const { id: _id, ...bare } = result('1', 'rain').functionResponse;
    await talk.chat.stream([result('2', 'sun'), 'Hurry.', { functionResponse: bare }]).text();
    expect(talk.emulator.requests[0]?.body).toMatchObject({
      contents: [...asking, { role: 'user', parts: [result('1', 'rain'), result('2', 'sun'), { text: 'Hurry.' }] }],
    });
    expect(talk.chat.openCalls).toEqual([]);
  });

  it('a prompt without results abandons the open calls', async () => {
    await using talk = await answered({}, { history: asking });
    await talk.chat.stream('Never mind.').text();
    const response = { error: 'the call was not answered: the user sent another message' };
    const results = [
      { functionResponse: { id: '1', name: 'look', response } },
      { functionResponse: { id: '2', name: 'look', response } },
    ];
    const sent = [...asking, { role: 'user', parts: [...results, { text: 'Never mind.' }] }];
    expect(talk.emulator.requests[0]?.body).toMatchObject({ contents: sent });
    expect(talk.chat.history.slice(0, -1)).toEqual(sent);
    expect(talk.chat.openCalls).toEqual([]);
  });

  it('a prompt with the results of some open calls only throws', async () => {
    await using talk = await answered({}, { history: asking });
    expect(() => talk.chat.stream([result('1', 'rain')])).toThrow(
      'expected the functionResponse of each open call, got none of look',
    );
    expect(talk.emulator.requests).toEqual([]);
  });

  it('a history may have the results of some of its calls', async () => {
    const history = [...asking, { role: 'user', parts: [result('2', 'sun')] }];
    await using talk = await answered({}, { history });
    expect(talk.chat.openCalls).toEqual([calls[0]?.functionCall]);
    await talk.chat.stream([result('1', 'rain')]).text();
    const whole = [...asking, { role: 'user', parts: [result('1', 'rain'), result('2', 'sun')] }];
    expect(talk.emulator.requests[0]?.body).toMatchObject({ contents: whole });
    expect(talk.chat.history.slice(0, -1)).toEqual(whole);
  });

  it('calls that the server answered itself are not open', async () => {
    const served = { functionResponse: { name: 'served', response: { sky: 'clear' } } };
    const parts = [{ functionCall: { name: 'served', args: {} } }, served, { text: 'It is clear.' }];
    const chunks = [...parts.map((part) => chunk([part])), chunk([], { finishReason: 'STOP' })];
    await using talk = await answered({ recording: { body: body(...chunks) } });
    await talk.chat.stream('hi').outcome;
    expect(talk.chat.openCalls).toEqual([]);
    await talk.chat.stream('more').outcome;
    const contents = [user('hi'), { role: 'model', parts }, user('more')];
    expect(talk.emulator.requests[1]?.body).toMatchObject({ contents });
  });

  it('open calls are found in a history with one message per chunk', () => {
    const history = [...asking.slice(0, 1), ...calls.map((part): Content => ({ role: 'model', parts: [part] }))];
    expect(createGemini().chat({ history }).openCalls).toHaveLength(2);
  });
});

describe('a given history', () => {
  const deep = (levels: number): unknown => (levels === 0 ? 1 : { in: deep(levels - 1) });
  const withArgs = (args: unknown) => [{ role: 'model', parts: [{ functionCall: { name: 'f', args } }] }];
  const cycle: Record<string, unknown> = {};
  cycle['again'] = cycle;

  it.for<[history: unknown, message: string]>([
    ['hi', 'history: expected an array of contents, got string'],
    [[null], "history[0].role: expected 'user' or 'model', got undefined"],
    [[{ parts: [{ text: 'a' }] }], "history[0].role: expected 'user' or 'model', got undefined"],
    [[{ role: 'assistant', content: 'a' }], "history[0].role: expected 'user' or 'model', got 'assistant'"],
    [[{ role: 'my dog is ill' }], "history[0].role: expected 'user' or 'model', got string"],
    [[user('a'), { role: 'model', parts: 'b' }], 'history[1].parts: expected an array, got string'],
    [[{ role: 'user', parts: [] }], 'history[0].parts: expected at least one item, got an empty array'],
    [[{ role: 'user', parts: [{ text: 5 }] }], 'history[0].parts[0].text: expected a string, got number'],
    [withArgs({ at: new Date(0) }), 'history[0].parts[0].functionCall.args.at: expected JSON, got a Date'],
    [withArgs({ at: [1n] }), 'history[0].parts[0].functionCall.args.at[0]: expected JSON, got bigint'],
    [withArgs({ at: Number.NaN }), 'history[0].parts[0].functionCall.args.at: expected JSON, got NaN'],
    [withArgs({ at: new Map() }), 'history[0].parts[0].functionCall.args.at: expected JSON, got a Map'],
    [withArgs(deep(1_001)), 'expected at most 1000 levels, got more'],
    [withArgs(cycle), 'expected at most 1000 levels, got more'],
  ])('an invalid history throws a TypeError that names the field: %#', ([history, message]) => {
    expect(() => createGemini().chat({ history: history as Content[] })).toThrow(TypeError);
    expect(() => createGemini().chat({ history: history as Content[] })).toThrow(message);
  });

  it('a history keeps a field named __proto__ as data', () => {
    const history = withArgs(JSON.parse('{"__proto__":{"polluted":1}}')) as Content[];
    const [args] = createGemini()
      .chat({ history })
      .history.map(({ parts }) => parts?.[0]?.functionCall?.args);
    expect(Object.keys(args ?? {})).toEqual(['__proto__']);
    expect(args?.['polluted']).toBeUndefined();
  });

  it('a turn without an answer, as genai records it, is left out', () => {
    const call: Content = { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] };
    const response: Content = { role: 'user', parts: [{ functionResponse: { name: 'f', response: {} } }] };
    const empty: Content = { role: 'model', parts: [] };
    const history = [user('a'), empty, user('b'), model('c'), user('d'), call, response, empty];
    expect(createGemini().chat({ history }).history).toEqual([user('b'), model('c')]);
  });
});

it.for<[options: object, message: string]>([
  [{ keep: 'all' }, "keep: expected 'completed' or 'partial', got all"],
  [{ model: 7 }, 'model: expected a name or an array, got number'],
  [{ config: { temperature: 'hot' } }, 'generationConfig.temperature: expected a number, got string'],
  [{ systemInstruction: '' }, 'systemInstruction: expected text, got an empty string'],
])('chat() throws a TypeError for invalid options: %j', ([options, message]) => {
  expect(() => createGemini().chat(options as ChatOptions)).toThrow(TypeError);
  expect(() => createGemini().chat(options as ChatOptions)).toThrow(message);
});

it.for<[prompt: unknown]>([[''], [[]], [null], [7], [[model('a')]], [[user('a'), user('b')]]])(
  'a chat refuses %j as a prompt and is not busy afterwards',
  async ([prompt]) => {
    await using talk = await answered({});
    expect(() => talk.chat.stream(prompt as string)).toThrow(TypeError);
    expect((await talk.chat.stream('hi').outcome).status).toBe('completed');
  },
);

it('leaving the loop of a turn closes the socket', async () => {
  await using talk = await answered({ pace: { tokensPerSecond: 2, burst: 1 } });
  for await (const _text of talk.chat.stream('Count slowly from 1 to 10').textStream) break;
  await waitFor(() => talk.emulator.requests[0]?.closedAt !== undefined);
  expect(talk.emulator.requests[0]?.closedBy).toBe('client');
  expect(talk.chat.history).toEqual([]);
});
