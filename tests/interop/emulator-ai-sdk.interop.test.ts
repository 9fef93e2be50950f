import { createGoogleGenerativeAI, type GoogleGenerativeAIProvider } from '@ai-sdk/google';
import { createEmulator } from '@gemini/emulator';
import { APICallError, generateText, jsonSchema, Output, stepCountIs, streamText, tool } from 'ai';
import { describe, expect, it } from 'vitest';

const model = 'gemini-3-flash';
const providerOf = (url: string): GoogleGenerativeAIProvider =>
  createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: 'any-key' });

describe('the AI SDK against the emulator', () => {
  it('streams text', async () => {
    await using emulator = await createEmulator();
    const { textStream } = streamText({ model: providerOf(emulator.url)(model), prompt: 'Count from 1 to 5' });
    let text = '';
    for await (const piece of textStream) text += piece;
    expect(text).toBe('1, 2, 3, 4, 5.');
  });

  it('talks over several turns', async () => {
    await using emulator = await createEmulator();
    const { text } = await generateText({
      model: providerOf(emulator.url)(model),
      messages: [
        { role: 'user', content: 'Hello, my name is Ada' },
        { role: 'assistant', content: 'Nice to meet you.' },
        { role: 'user', content: 'What is my name?' },
      ],
    });
    expect(text).toContain('Ada');
  });

  it('sees thoughts', async () => {
    await using emulator = await createEmulator();
    const { reasoningText } = await generateText({
      model: providerOf(emulator.url)(model),
      prompt: 'Tell me about rivers',
      providerOptions: { google: { thinkingConfig: { includeThoughts: true } } },
    });
    expect(reasoningText).toContain('**');
  });

  it('makes a tool call there and back', async () => {
    await using emulator = await createEmulator();
    const asked: unknown[] = [];
    const inputSchema = jsonSchema<{ city: string }>({
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
    });
    const getWeather = tool({
      description: 'The weather of a city',
      inputSchema,
      execute: (input) => {
        asked.push(input);
        return { sky: 'clear' };
      },
    });
    const { text } = await generateText({
      model: providerOf(emulator.url)(model),
      prompt: 'What is the weather in Lisbon?',
      tools: { get_weather: getWeather },
      stopWhen: stepCountIs(3),
    });
    expect(asked).toEqual([{ city: 'Lisbon' }]);
    expect(text).toContain('clear');
  });

  it('gets structured output', async () => {
    await using emulator = await createEmulator();
    const schema = jsonSchema<{ name: string; days: number }>({
      type: 'object',
      properties: { name: { type: 'string' }, days: { type: 'integer', minimum: 1, maximum: 9 } },
      required: ['name', 'days'],
    });
    const { output } = await generateText({
      model: providerOf(emulator.url)(model),
      prompt: 'A trip of 3 days',
      output: Output.object({ schema }),
    });
    expect(output).toMatchObject({ name: expect.any(String) as string, days: 3 });
  });

  it('meets a 429 with its details', async () => {
    await using emulator = await createEmulator();
    const google = providerOf(`${emulator.url}/__scenario/quota-per-day`);
    const error: unknown = await generateText({ model: google(model), prompt: 'hi', maxRetries: 0 }).catch(
      (reason: unknown) => reason,
    );
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ statusCode: 429, responseBody: expect.stringContaining('PerDay') as string });
  });

  it('leaves when it is aborted', async () => {
    await using emulator = await createEmulator();
    const abort = new AbortController();
    const google = providerOf(`${emulator.url}/__scenario/long-and-healthy`);
    const { textStream } = streamText({
      model: google(model),
      prompt: 'hi',
      abortSignal: abort.signal,
      onError: () => {},
    });
    for await (const _ of textStream) abort.abort();
    expect((await emulator.whenClosed('request-1')).closedBy).toBe('client');
  });
});
