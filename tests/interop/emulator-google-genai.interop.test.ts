import { createEmulator } from '@gemini/emulator';
import { ApiError, type FunctionDeclaration, GoogleGenAI, Type } from '@google/genai';
import { describe, expect, it } from 'vitest';

const model = 'gemini-flash-latest';
const clientOf = (baseUrl: string): GoogleGenAI => new GoogleGenAI({ apiKey: 'any-key', httpOptions: { baseUrl } });
const weather: FunctionDeclaration = {
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } }, required: ['city'] },
};

describe("Google's own SDK against the emulator", () => {
  it('streams text', async () => {
    await using emulator = await createEmulator();
    let text = '';
    for await (const chunk of await clientOf(emulator.url).models.generateContentStream({
      model,
      contents: 'Count from 1 to 5',
    })) {
      text += chunk.text ?? '';
    }
    expect(text).toBe('1, 2, 3, 4, 5.');
  });

  it('talks over several turns', async () => {
    await using emulator = await createEmulator();
    const chat = clientOf(emulator.url).chats.create({ model });
    await chat.sendMessage({ message: 'Hello, my name is Ada' });
    expect((await chat.sendMessage({ message: 'What is my name?' })).text).toContain('Ada');
    expect(chat.getHistory()).toHaveLength(4);
  });

  it('sees thoughts', async () => {
    await using emulator = await createEmulator();
    const config = { thinkingConfig: { includeThoughts: true } };
    const response = await clientOf(emulator.url).models.generateContent({
      model,
      contents: 'Tell me about rivers',
      config,
    });
    const parts = response.candidates?.[0]?.content?.parts ?? [];
    expect(parts.some((part) => part.thought === true)).toBe(true);
    expect(parts.some((part) => part.thoughtSignature !== undefined)).toBe(true);
  });

  it('makes a tool call there and back', async () => {
    await using emulator = await createEmulator();
    const google = clientOf(emulator.url);
    const config = { tools: [{ functionDeclarations: [weather] }] };
    const question = { role: 'user', parts: [{ text: 'What is the weather in Lisbon?' }] };
    const first = await google.models.generateContent({ model, contents: [question], config });
    const [call] = first.functionCalls ?? [];
    expect(call).toMatchObject({ name: 'get_weather', args: { city: 'Lisbon' } });
    const said = first.candidates?.[0]?.content ?? {};
    const answer = { role: 'user', parts: [{ functionResponse: { name: 'get_weather', response: { sky: 'clear' } } }] };
    const second = await google.models.generateContent({ model, contents: [question, said, answer], config });
    expect(second.text).toContain('clear');
  });

  it('gets structured output', async () => {
    await using emulator = await createEmulator();
    const responseSchema = {
      type: Type.ARRAY,
      minItems: '2',
      items: { type: Type.OBJECT, properties: { name: { type: Type.STRING } }, required: ['name'] },
    };
    const config = { responseMimeType: 'application/json', responseSchema };
    const response = await clientOf(emulator.url).models.generateContent({ model, contents: 'Two cities', config });
    const cities = JSON.parse(response.text ?? '') as { name: string }[];
    expect(cities.length).toBeGreaterThanOrEqual(2);
    expect(cities.every(({ name }) => typeof name === 'string')).toBe(true);
  });

  it('counts tokens and lists models', async () => {
    await using emulator = await createEmulator();
    const google = clientOf(emulator.url);
    expect((await google.models.countTokens({ model, contents: 'How many are these?' })).totalTokens).toBeGreaterThan(
      1,
    );
    const names: (string | undefined)[] = [];
    for await (const { name } of await google.models.list({ config: { pageSize: 4 } })) names.push(name);
    expect(names).toContain('models/gemini-2.5-flash');
    expect((await google.models.get({ model })).displayName).toBe('Gemini Flash Latest');
  });

  it('meets a 429 with its details', async () => {
    await using emulator = await createEmulator();
    const google = clientOf(`${emulator.url}/__scenario/quota-per-day`);
    const error: unknown = await google.models
      .generateContentStream({ model, contents: 'hi' })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 429, message: expect.stringContaining('PerDay') as string });
  });

  it('leaves at once when it is aborted', async () => {
    await using emulator = await createEmulator();
    const google = clientOf(`${emulator.url}/__scenario/long-and-healthy`);
    const abort = new AbortController();
    const reading = (async () => {
      const stream = await google.models.generateContentStream({
        model,
        contents: 'hi',
        config: { abortSignal: abort.signal },
      });
      for await (const _ of stream) abort.abort();
    })();
    await expect(reading).rejects.toThrow(/abort/iu);
    expect((await emulator.whenClosed('request-1')).closedBy).toBe('client');
  });

  it.for(['continuation', 'continuation-chain', 'checkpoint-then-reset', 'checkpoint-then-close'])(
    'continues if %s interrupts it',
    async (name) => {
      await using emulator = await createEmulator();
      const read = async (baseUrl: string): Promise<string> => {
        let text = '';
        for await (const chunk of await clientOf(baseUrl).models.generateContentStream({
          model,
          contents: 'Tell me about rivers',
        }))
          text += chunk.text ?? '';
        return text;
      };
      expect(await read(`${emulator.url}/__scenario/${name}`)).toBe(await read(emulator.url));
      expect(emulator.requests.length).toBeGreaterThan(2);
    },
  );
});
