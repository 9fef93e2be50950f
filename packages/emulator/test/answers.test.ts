import { describe, expect, it } from 'vitest';
import { preparedAnswers } from '../src/answers/prompts.ts';
import { createEmulator, type EmulatorOptions } from '../src/index.ts';
import { type Chunk, readChunks, textOf } from './meet-scenario.ts';
import { rawRequest, streamPath } from './raw-request.ts';

const user = (text: string): object => ({ role: 'user', parts: [{ text }] });

async function stream(request: object, options: EmulatorOptions = {}): Promise<Chunk[]> {
  await using emulator = await createEmulator(options);
  return readChunks((await rawRequest(emulator.url, streamPath, { body: JSON.stringify(request) })).body);
}

async function generate(request: object, options: EmulatorOptions = {}): Promise<Chunk> {
  await using emulator = await createEmulator(options);
  const path = '/v1/models/gemini-2.5-flash:generateContent';
  return JSON.parse((await rawRequest(emulator.url, path, { body: JSON.stringify(request) })).body) as Chunk;
}

const parts = (
  chunks: readonly Chunk[],
): NonNullable<NonNullable<NonNullable<Chunk['candidates']>[number]['content']>['parts']> =>
  chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);

const weather = {
  functionDeclarations: [
    {
      name: 'get_weather',
      description: 'The weather of a city',
      parameters: {
        type: 'OBJECT',
        properties: { city: { type: 'STRING' }, days: { type: 'INTEGER', minimum: 1, maximum: 7 } },
        required: ['city'],
      },
    },
    {
      name: 'send_mail',
      description: 'Sends a letter',
      parameters: { type: 'OBJECT', properties: { to: { type: 'STRING' } } },
    },
  ],
};

describe('answers', () => {
  it.for([
    ['What is 6 * 7?', '6 * 7 = 42.'],
    ['Say hello world', 'hello world'],
    ['count from ten to seven', '10, 9, 8, 7.'],
  ] as const)('the answer to %j is %j', async ([prompt, expected]) => {
    expect(textOf(await stream({ contents: [user(prompt)] }))).toBe(expected);
  });

  it.for(preparedAnswers.filter(({ after }) => after === undefined))(
    'the answer to "$prompt" is the prepared one',
    async (row) => {
      expect(textOf(await stream({ contents: [user(`${row.prompt.toUpperCase()}?!`)] }))).toBe(row.text);
    },
  );

  it('the answer repeats a name only to a user who has told it', async () => {
    const turns = [
      user('Hello, my name is Ada'),
      { role: 'model', parts: [{ text: 'Hello.' }] },
      user('What is my name?'),
    ];
    expect(textOf(await stream({ contents: turns }))).toBe('Your name is Ada. You told me a moment ago.');
    expect(textOf(await stream({ contents: turns.slice(-1) }))).toBe('You have not told me your name yet.');
  });

  it('the answer has about as many words as the prompt asks for', async () => {
    const words = textOf(await stream({ contents: [user('Write 300 words on bridges')] })).split(/\s+/u).length;
    expect(words).toBeGreaterThan(250);
    expect(words).toBeLessThan(420);
  });

  it('the answer to a request for thoughts begins with them, counts them separately and ends with a signature', async () => {
    const chunks = await stream({
      contents: [user('Tell me about rivers')],
      generationConfig: { thinkingConfig: { includeThoughts: true } },
    });
    const isThought = parts(chunks).map((part) => part.thought === true);
    expect(isThought.lastIndexOf(true)).toBeLessThan(isThought.indexOf(false));
    expect(parts(chunks).at(-1)).toMatchObject({ text: '', thoughtSignature: expect.any(String) as string });
    expect(chunks.at(-1)?.usageMetadata).toMatchObject({ thoughtsTokenCount: expect.any(Number) as number });
  });

  it('the emulator calls the function whose words the prompt uses, and repeats its result', async () => {
    const contents = [user('What is the weather in Lisbon for 3 days?')];
    const [call] = parts(await stream({ contents, tools: [weather] }));
    expect(call?.functionCall).toMatchObject({ name: 'get_weather', args: { city: 'Lisbon', days: 3 } });
    const answered = [
      ...contents,
      { role: 'model', parts: [call] },
      { role: 'user', parts: [{ functionResponse: { name: 'get_weather', response: { sky: 'blue' } } }] },
    ];
    expect(textOf(await stream({ contents: answered, tools: [weather] }))).toContain('"sky":"blue"');
  });

  it('the calls of Gemini 3 are signed, and a history without the signature can be refused', async () => {
    const contents = [user('What is the weather in Lisbon?')];
    const [call] = parts(await stream({ contents, tools: [weather] }));
    expect(call?.thoughtSignature).toEqual(expect.any(String));
    const history = (said: object): object => ({
      contents: [
        ...contents,
        { role: 'model', parts: [said] },
        { role: 'user', parts: [{ functionResponse: { name: 'get_weather', response: {} } }] },
      ],
    });
    await using emulator = await createEmulator({ checkThoughtSignatures: true });
    const send = async (said: object): Promise<number> =>
      (await rawRequest(emulator.url, streamPath, { body: JSON.stringify(history(said)) })).status;
    expect([await send(call ?? {}), await send({ functionCall: call?.functionCall })]).toEqual([200, 400]);
  });

  it.for([
    ['NONE', 'What is the weather?', 0],
    ['ANY', 'Tell me about rivers', 1],
    ['AUTO', 'Tell me about rivers', 0],
  ] as const)('mode %s and the prompt %j give %i calls', async ([mode, prompt, count]) => {
    const chunks = await stream({
      contents: [user(prompt)],
      tools: [weather],
      toolConfig: { functionCallingConfig: { mode } },
    });
    expect(parts(chunks).filter((part) => part.functionCall !== undefined)).toHaveLength(count);
    expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe('STOP');
  });

  it('the arguments of a call are streamed on request', async () => {
    const toolConfig = {
      functionCallingConfig: { mode: 'ANY', streamFunctionCallArguments: true, allowedFunctionNames: ['get_weather'] },
    };
    const calls = parts(await stream({ contents: [user('Weather in Oslo')], tools: [weather], toolConfig })).map(
      (part) => part.functionCall,
    );
    expect(calls[0]).toMatchObject({ name: 'get_weather', willContinue: true });
    expect(calls.at(-1)).toEqual({});
    const pieces = calls.flatMap(
      (call) => (call?.['partialArgs'] as { jsonPath: string; stringValue?: string }[] | undefined) ?? [],
    );
    const city = pieces.filter(({ jsonPath }) => jsonPath === '$.city').map(({ stringValue }) => stringValue);
    expect(city.join('')).toBe('Oslo');
  });

  it('the answer has as many candidates as the request asks for', async () => {
    const chunks = await stream({ contents: [user('Tell me about rivers')], generationConfig: { candidateCount: 3 } });
    const texts = [0, 1, 2].map((index) => textOf(chunks, index));
    expect(new Set(texts).size).toBe(3);
  });

  it.for([
    [{ maxOutputTokens: 5 }, 'MAX_TOKENS', '1, 2, 3, 4, 5,'],
    [{ stopSequences: ['4'] }, 'STOP', '1, 2, 3, '],
  ] as const)('the answer is cut by %j', async ([generationConfig, reason, text]) => {
    const chunks = await stream({ contents: [user('Count from 1 to 9')], generationConfig });
    expect([textOf(chunks), chunks.at(-1)?.candidates?.[0]?.finishReason]).toEqual([text, reason]);
  });

  it('the answer to a request with a search tool is grounded, with offsets in bytes', async () => {
    const chunk = await generate({ contents: [user('Tell me about naïve rivers')], tools: [{ google_search: {} }] });
    const text = Buffer.from(textOf([chunk]));
    const { groundingMetadata } = (chunk.candidates?.[0] ?? {}) as {
      groundingMetadata?: { groundingSupports: { segment: { startIndex: number; endIndex: number; text: string } }[] };
    };
    for (const { segment } of groundingMetadata?.groundingSupports ?? []) {
      expect(text.subarray(segment.startIndex, segment.endIndex).toString()).toBe(segment.text);
    }
    expect(groundingMetadata?.groundingSupports.length).toBeGreaterThan(0);
  });

  it('the answer to a request for an image has a PNG', async () => {
    const chunk = await generate({
      contents: [user('A picture of rivers')],
      generationConfig: { responseModalities: ['TEXT', 'IMAGE'] },
    });
    const image = parts([chunk]).find((part) => 'inlineData' in part) as { inlineData: { data: string } } | undefined;
    expect(
      Buffer.from(image?.inlineData.data ?? '', 'base64')
        .subarray(1, 4)
        .toString('latin1'),
    ).toBe('PNG');
  });

  it('the answer to a request with code execution has code and its result', async () => {
    const chunks = await stream({ contents: [user('What is 6 * 7?')], tools: [{ codeExecution: {} }] });
    expect(parts(chunks).slice(0, 2)).toMatchObject([
      { executableCode: { language: 'PYTHON' } },
      { codeExecutionResult: { output: '42\n' } },
    ]);
  });

  it('a whole answer has the same text as a streamed one', async () => {
    const request = { contents: [user('Tell me about rivers')] };
    expect(textOf([await generate(request)])).toBe(textOf(await stream(request)));
  });
});

describe('scripts', () => {
  it('a script answers by model, text and turn, and the emulator answers the rest', async () => {
    const script = [
      { match: { turn: 2 }, reply: { text: 'second turn' } },
      { match: { text: /^weather/iu }, reply: { functionCalls: [{ name: 'look', args: { at: 'sky' } }] } },
      { match: { model: 'gemini-2.5-flash' }, reply: { text: 'by model' } },
    ];
    const turns = [user('a'), { role: 'model', parts: [{ text: 'b' }] }, user('c')];
    expect(textOf(await stream({ contents: turns }, { script }))).toBe('second turn');
    expect(parts(await stream({ contents: [user('Weather?')] }, { script }))[0]?.functionCall).toEqual({
      name: 'look',
      args: { at: 'sky' },
    });
    expect(textOf([await generate({ contents: [user('x')] }, { script })])).toBe('by model');
    expect(textOf(await stream({ contents: [user('What is 6 * 7?')] }, { script }))).toBe('6 * 7 = 42.');
  });

  it('a scripted reply sends the chunks, thoughts, errors and blocks that it names', async () => {
    const reply = async (scripted: object): Promise<Chunk[]> =>
      stream({ contents: [user('x')] }, { script: [{ reply: scripted }] });
    expect(await reply({ chunks: [{ candidates: [] }, { odd: true }] })).toEqual([{ candidates: [] }, { odd: true }]);
    expect(parts(await reply({ thoughts: ['hm'], text: ['a', 'b'] }))).toEqual([
      { text: 'hm', thought: true },
      { text: 'a' },
      { text: 'b' },
    ]);
    expect((await reply({ blockReason: 'OTHER' }))[0]?.promptFeedback).toEqual({ blockReason: 'OTHER' });
  });

  it('a strict emulator refuses a request after the last use of a scripted reply', async () => {
    await using emulator = await createEmulator({ script: [{ reply: { text: 'once' }, times: 1 }], strict: true });
    const send = async (): Promise<number> =>
      (await rawRequest(emulator.url, streamPath, { body: JSON.stringify({ contents: [user('x')] }) })).status;
    expect([await send(), await send()]).toEqual([200, 400]);
    await emulator.reset();
    expect(await send()).toBe(200);
  });

  it('a fault that replaces the answer uses no scripted reply', async () => {
    await using emulator = await createEmulator({
      script: [{ reply: { text: 'once' }, times: 1 }],
      strict: true,
      scenario: 'unavailable-then-fine',
    });
    const send = async (): Promise<number> =>
      (await rawRequest(emulator.url, streamPath, { body: JSON.stringify({ contents: [user('x')] }) })).status;
    expect([await send(), await send()]).toEqual([503, 200]);
  });
});
