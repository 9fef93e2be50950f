import { createGoogle } from '@ai-sdk/google';
import { createGemini, tool, type Content, type Part } from '@gemini/client';
import { createEmulator, type EmulatorOptions } from '@gemini/emulator';
import { GoogleGenAI } from '@google/genai';
import { jsonSchema, stepCountIs, streamText, tool as aiTool, type ModelMessage } from 'ai';
import { describe, expect, it } from 'vitest';

const model = 'gemini-3-flash';
const name = 'get_weather';
const description = 'The weather of a city';
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } as const;
type City = { readonly city: string };
type Weather = (city: City) => object | Promise<object>;

/** Holds a conversation with one function, and returns the texts of its answers. */
type Talk = (baseUrl: string, questions: readonly string[], weather: Weather) => Promise<string[]>;

const ours: Talk = async (baseUrl, questions, weather) => {
  const execute = (args: Record<string, unknown>): object => weather(args as unknown as City);
  const tools = [tool({ name, description, parameters, execute })];
  const chat = createGemini({ baseUrl, apiKey: 'any', retry: false }).chat({ model, tools });
  const texts: string[] = [];
  for (const question of questions) texts.push((await chat.stream(question).outcome).text);
  return texts;
};

const genai: Talk = async (baseUrl, questions, weather) => {
  const callable = {
    tool: async () => ({ functionDeclarations: [{ name, description, parametersJsonSchema: parameters }] }),
    callTool: async (calls: { id?: string; name?: string; args?: Record<string, unknown> }[]) =>
      Promise.all(
        calls.map(async ({ args, ...call }) => {
          const response = { ...(await weather(args as City)) };
          return { functionResponse: { ...call, response } };
        }),
      ),
  };
  const google = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl } });
  const chat = google.chats.create({ model, config: { tools: [callable] } });
  const texts: string[] = [];
  for (const message of questions) {
    let text = '';
    for await (const chunk of await chat.sendMessageStream({ message })) {
      for (const part of chunk.candidates?.[0]?.content?.parts ?? []) if (!part.thought) text += part.text ?? '';
    }
    texts.push(text);
  }
  return texts;
};

const aiSdk: Talk = async (baseUrl, questions, weather) => {
  const google = createGoogle({ apiKey: 'any', baseURL: `${baseUrl}/v1beta` });
  const messages: ModelMessage[] = [];
  const inputSchema = jsonSchema<City>(parameters);
  const texts: string[] = [];
  for (const content of questions) {
    messages.push({ role: 'user', content });
    const { textStream, responseMessages } = streamText({
      model: google(model),
      messages,
      maxRetries: 0,
      stopWhen: stepCountIs(10),
      tools: { [name]: aiTool({ description, inputSchema, execute: weather }) },
      onError: () => {},
    });
    let text = '';
    for await (const piece of textStream) text += piece;
    messages.push(...(await responseMessages));
    texts.push(text);
  }
  return texts;
};

/** The messages of a client and the requests at the server. */
const talk = async (client: Talk, options: EmulatorOptions, questions: readonly string[], weather: Weather = clear) => {
  await using emulator = await createEmulator(options);
  const texts = await client(emulator.url, questions, weather).catch((error: unknown) => `throws ${nameOf(error)}`);
  const heard = emulator.requests.map(({ body }) => joined((body as { contents: Content[] }).contents));
  return { texts, heard, tools: emulator.requests.map(({ body }) => (body as { tools?: unknown }).tools) };
};

const clear = ({ city }: City): object => ({ city, sky: 'clear' });
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'something');

/** The same conversation with neighbouring messages of one role as one, and neighbouring plain texts of a kind too. */
const joined = (contents: readonly Content[]): Content[] => {
  const messages: { role: string; parts: Part[] }[] = [];
  for (const { role = '', parts = [] } of contents) {
    if (messages.at(-1)?.role !== role) messages.push({ role, parts: [] });
    for (const part of parts) {
      const into = messages.at(-1)?.parts ?? [];
      const last = into.at(-1);
      const isMore = isPlain(part) && last !== undefined && isPlain(last) && last.thought === part.thought;
      if (isMore) into[into.length - 1] = { ...last, text: `${last.text}${part.text}` };
      else into.push(part);
    }
  }
  return messages;
};
const isPlain = ({ text, thoughtSignature }: Part): boolean => text !== undefined && thoughtSignature === undefined;

const call = (id: string, city: string): Part => ({ functionCall: { id, name, args: { city } } });
const signed = (part: Part, thoughtSignature: string): Part => ({ ...part, thoughtSignature });
const result = (id: string, city: string): Part => ({
  functionResponse: { id, name, response: { city, sky: 'clear' } },
});

const questions = ['How is it in Lisbon and Oslo?', 'And in Rome?', 'Thank you.'];
const conversation = [
  {
    thoughts: ['Two ', 'cities.'],
    text: ['Let me ', 'look.'],
    parts: [signed(call('1', 'Lisbon'), 'c2ln'), call('2', 'Oslo')],
  },
  { text: ['Both ', 'are clear.'], parts: [{ text: '', thoughtSignature: 'c2lnMg==' }] },
  { parts: [signed(call('3', 'Rome'), 'c2lnMw==')] },
  { text: ['Clear ', 'too.'] },
  { text: ['You are ', 'welcome.'] },
];
const script = conversation.map((reply) => ({ times: 1, reply: reply as never }));

const turns: Content[] = [
  { role: 'user', parts: [{ text: 'How is it in Lisbon and Oslo?' }] },
  {
    role: 'model',
    parts: [
      { text: 'Two cities.', thought: true },
      { text: 'Let me look.' },
      signed(call('1', 'Lisbon'), 'c2ln'),
      call('2', 'Oslo'),
    ],
  },
  { role: 'user', parts: [result('1', 'Lisbon'), result('2', 'Oslo')] },
  { role: 'model', parts: [{ text: 'Both are clear.' }, { text: '', thoughtSignature: 'c2lnMg==' }] },
  { role: 'user', parts: [{ text: 'And in Rome?' }] },
  { role: 'model', parts: [signed(call('3', 'Rome'), 'c2lnMw==')] },
  { role: 'user', parts: [result('3', 'Rome')] },
  { role: 'model', parts: [{ text: 'Clear too.' }] },
  { role: 'user', parts: [{ text: 'Thank you.' }] },
];

describe('a conversation of three turns with a function', () => {
  const texts = ['Let me look.Both are clear.', 'Clear too.', 'You are welcome.'];
  const requests = [1, 3, 5, 7, 9].map((count) => turns.slice(0, count));
  const declared = [{ functionDeclarations: [{ name, description, parametersJsonSchema: parameters }] }];

  it.for<[who: string, client: Talk]>([
    ['this client', ours],
    ['@google/genai', genai],
  ])('is the same on the wire, message by message: %s', async ([, client]) => {
    const { texts: said, heard, tools } = await talk(client, { script }, questions);
    expect(said).toEqual(texts);
    expect(heard).toEqual(requests);
    expect(tools).toEqual(requests.map(() => declared));
  });

  it('is the same but for two things with the AI SDK: how a result is wrapped, and where the signature of a text is', async () => {
    const { texts: said, heard, tools } = await talk(aiSdk, { script, checkThoughtSignatures: true }, questions);
    const wrapped = (part: Part): Part => {
      if (!part.functionResponse) return part;
      const { response } = part.functionResponse;
      return { functionResponse: { ...part.functionResponse, response: { name, content: response } } };
    };
    const moved = turns.map(({ role, parts = [] }) => ({
      role,
      parts: parts
        .filter(({ text }) => text !== '')
        .map((part) => (part.text === 'Both are clear.' ? signed(part, 'c2lnMg==') : wrapped(part))),
    }));
    expect(said).toEqual(texts);
    expect(heard).toEqual([1, 3, 5, 7, 9].map((count) => moved.slice(0, count)));
    expect(tools).toEqual(requests.map(() => declared));
  });
});

describe('a history', () => {
  it('goes from a chat of genai to ours and back, between two turns', async () => {
    await using emulator = await createEmulator({ script });
    const google = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: emulator.url } });
    const weather = tool({ name, description, execute: () => ({}) });
    const chat = createGemini({ baseUrl: emulator.url, apiKey: 'any' }).chat({ model, tools: [weather] });
    await chat.stream('How is it in Lisbon and Oslo?').text();
    const asked = google.chats.create({ model, history: JSON.parse(JSON.stringify(chat.history)) as never });
    await asked.sendMessage({ message: 'And in Rome?' });
    const again = createGemini({ baseUrl: emulator.url, apiKey: 'any' }).chat({ model, history: asked.getHistory() });
    expect(again.openCalls).toMatchObject([{ id: '3' }]);
    await again.stream([result('3', 'Rome')]).text();
    expect(joined(again.history).map(({ role }) => role)).toEqual([
      'user',
      'model',
      'user',
      'model',
      'user',
      'model',
      'user',
      'model',
    ]);
  });
});

// What docs/conversations-and-tools.md shows: a newer version that does otherwise ends a row there.
describe('where they differ, with @google/genai 3.1.0 and ai 7.0.173', () => {
  const throwing = (): never => {
    throw new Error('closed');
  };
  const asking = (part: Part): EmulatorOptions => ({
    script: [{ times: 1, reply: { parts: [signed(part, 'c2ln')] as never } }, { reply: { text: 'Done.' } }],
  });
  /** The error that the second request tells the model, or how the client ended. */
  const told = async (client: Talk, options: EmulatorOptions, weather: Weather): Promise<string> => {
    const { texts, heard } = await talk(client, options, ['Go.'], weather);
    const response = heard[1]?.at(-1)?.parts?.[0]?.functionResponse?.response;
    if (response === undefined) return typeof texts === 'string' ? texts : 'ends';
    return JSON.stringify(response).includes('rror') || 'content' in response ? 'tells the model' : 'runs';
  };

  it.for<[what: string, options: EmulatorOptions, weather: Weather, expected: string[]]>([
    [
      'a function that throws',
      asking(call('1', 'Rome')),
      throwing,
      ['tells the model', 'throws Error', 'tells the model'],
    ],
    [
      'a function that does not exist',
      asking({ functionCall: { id: '1', name: 'other', args: {} } }),
      clear,
      ['tells the model', 'throws Error', 'tells the model'],
    ],
    [
      'arguments that do not fit',
      asking({ functionCall: { id: '1', name, args: { city: 5 } } }),
      clear,
      ['tells the model', 'runs', 'tells the model'],
    ],
  ])('is %s', async ([, options, weather, expected]) => {
    expect(await Promise.all([ours, genai, aiSdk].map((client) => told(client, options, weather)))).toEqual(expected);
  });

  it.for<[what: string, scenario: string, expected: string[]]>([
    [
      'a last chunk of usage alone, after which one forgets the turn',
      'usage-only-chunk',
      ['user, model, user', 'user', 'user, model, user'],
    ],
    [
      'an answer that was cut, which one sends on unless its caller looks at the finish reason',
      'no-finish-reason',
      ['user', 'user', 'user, model, user'],
    ],
  ])('is %s', async ([, scenario, expected]) => {
    const roles = async (client: Talk) => {
      const { heard } = await talk(client, { scenario }, ['Tell me about tides', 'More.']);
      return heard[1]?.map(({ role }) => role).join(', ');
    };
    expect(await Promise.all([ours, genai, aiSdk].map(roles))).toEqual(expected);
  });

  it('is the time at which two functions run', async () => {
    const mostAtOnce = async (client: Talk): Promise<number> => {
      let running = 0;
      let most = 0;
      await talk(client, { script }, questions.slice(0, 1), async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running -= 1;
        return {};
      });
      return most;
    };
    expect(await Promise.all([ours, genai, aiSdk].map(mostAtOnce))).toEqual([2, 1, 2]);
  });
});
