import { createGoogleGenerativeAI, type GoogleGenerativeAIProvider } from '@ai-sdk/google';
import { createEmulator } from '@gemini/emulator';
import { ContinuationInterruptedError, GoogleGenAI } from '@google/genai';
import { APICallError, generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { describe, expect, it } from 'vitest';

const model = 'gemini-3.8-flash';
const agent = 'deep-research-preview-04-2026';
const prompt = 'Count slowly from 1 to 8';
const counted = '1, 2, 3, 4, 5, 6, 7, 8.';
const weather = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
} as const;

describe("Google's own SDK reads the emulator's interactions", () => {
  const clientOf = (baseUrl: string) => new GoogleGenAI({ apiKey: 'any-key', httpOptions: { baseUrl } }).interactions;

  /** Reads the text of a stream. */
  async function textOf(events: AsyncIterable<object>): Promise<string> {
    let text = '';
    for await (const event of events) {
      const { delta } = event as { delta?: { type: string; text?: string } };
      if (delta?.type === 'text') text += delta.text ?? '';
    }
    return text;
  }

  it('creates, streams, gets and deletes', async () => {
    await using emulator = await createEmulator();
    const client = clientOf(emulator.url);
    const made = await client.create({ model, input: prompt });
    expect(made).toMatchObject({ status: 'completed' });
    expect(JSON.stringify(made.steps)).toContain(counted);
    expect(await textOf(await client.create({ model, input: prompt, stream: true }))).toBe(counted);
    expect(await client.get(made.id ?? '')).toMatchObject({ id: made.id, status: 'completed' });
    await client.delete(made.id ?? '');
    await expect(client.get(made.id ?? '')).rejects.toMatchObject({ status: 404 });
  });

  it('sends the results of functions', async () => {
    await using emulator = await createEmulator();
    const client = clientOf(emulator.url);
    const first = await client.create({ model, input: 'What is the weather in Oslo?', tools: [weather] });
    expect(first.status).toBe('requires_action');
    const call = first.steps?.find(({ type }) => type === 'function_call') as { id: string } | undefined;
    const second = await client.create({
      model,
      tools: [weather],
      previous_interaction_id: first.id ?? '',
      input: [{ type: 'function_result', call_id: call?.id ?? '', name: 'get_weather', result: { sky: 'clear' } }],
    });
    expect(JSON.stringify(second.steps)).toContain('get_weather says');
  });

  it('follows a background run, from an event and from the start, and cancels one', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 100, burst: 1 } });
    const client = clientOf(emulator.url);
    const { id } = await client.create({ agent, input: prompt, background: true });
    expect(await textOf(await client.get(id, { stream: true }))).toBe(counted);
    const ids: string[] = [];
    for await (const event of await client.get(id, { stream: true }))
      ids.push((event as { event_id: string }).event_id);
    expect(await textOf(await client.get(id, { stream: true, last_event_id: ids.at(-4) ?? '' }))).not.toBe(counted);
    const long = await client.create({ agent, input: 'Count slowly from 1 to 90', background: true });
    expect(await client.cancel(long.id ?? '')).toMatchObject({ status: 'cancelled' });
  });

  it.for([true, false])('continues by token by itself: stored %s', async (store) => {
    await using emulator = await createEmulator({ scenario: 'continuation-chain' });
    const client = clientOf(emulator.url);
    expect(await textOf(await client.create({ model, input: prompt, stream: true, store }))).toBe(counted);
    expect(emulator.requests.length).toBeGreaterThan(1);
  });

  it('continues from a checkpoint if nothing followed it, and reports it if something did', async () => {
    await using emulator = await createEmulator({ scenario: 'checkpoint-then-reset' });
    expect(await textOf(await clientOf(emulator.url).create({ model, input: prompt, stream: true }))).toBe(counted);
    await using other = await createEmulator({ scenario: 'checkpoint-then-text-then-reset' });
    const lost = clientOf(other.url).create({ model, input: prompt, stream: true });
    await expect(lost.then(textOf)).rejects.toThrow(ContinuationInterruptedError);
  });

  it('throws a refusal', async () => {
    await using emulator = await createEmulator({ scenario: 'quota-per-day' });
    const refused = clientOf(emulator.url).create({ model, input: prompt }, { maxRetries: 0 });
    await expect(refused).rejects.toMatchObject({ status: 429 });
  });

  it('yields an error in the stream as an event, after the content before it', async () => {
    await using emulator = await createEmulator({ scenario: 'error-event' });
    const events: object[] = [];
    for await (const event of await clientOf(emulator.url).create({ model, input: prompt, stream: true })) {
      events.push(event);
    }
    expect(events.length).toBeGreaterThan(2);
    expect(events.at(-1)).toMatchObject({ event_type: 'error', error: { message: expect.any(String) as string } });
  });
});

describe("the AI SDK reads the emulator's interactions", () => {
  const providerOf = (url: string): GoogleGenerativeAIProvider =>
    createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: 'any-key' });

  it('generates and streams', async () => {
    await using emulator = await createEmulator();
    const google = providerOf(emulator.url);
    expect((await generateText({ model: google.interactions(model), prompt })).text).toBe(counted);
    const { textStream, usage } = streamText({ model: google.interactions(model), prompt });
    let text = '';
    for await (const piece of textStream) text += piece;
    expect(text).toBe(counted);
    expect((await usage).outputTokens).toBeGreaterThan(0);
  });

  it('makes a tool call there and back', async () => {
    await using emulator = await createEmulator();
    const inputSchema = jsonSchema<{ city: string }>(weather.parameters);
    const getWeather = tool({ description: weather.description, inputSchema, execute: async () => ({ sky: 'clear' }) });
    const { text } = await generateText({
      model: providerOf(emulator.url).interactions(model),
      prompt: 'What is the weather in Oslo?',
      tools: { get_weather: getWeather },
      stopWhen: stepCountIs(3),
    });
    expect(text).toContain('clear');
  });

  it('follows a background run of an agent, after its connection was cut too', async () => {
    const cut = { type: 'cut', how: 'reset', afterEvents: 3 } as const;
    await using emulator = await createEmulator({
      scenario: {
        name: 'cut',
        description: 'The first reader is cut.',
        steps: [{ faults: [] }, { faults: [cut] }, { faults: [] }],
      },
    });
    const { textStream } = streamText({
      model: providerOf(emulator.url).interactions({ agent }),
      prompt,
      providerOptions: { google: { background: true } },
    });
    let text = '';
    for await (const piece of textStream) text += piece;
    expect(text).toBe(counted);
    expect(emulator.requests.some(({ path }) => path.includes('last_event_id='))).toBe(true);
  });

  it('sees a refusal as an error of the API', async () => {
    await using emulator = await createEmulator({ scenario: 'always-unavailable' });
    const refused = generateText({ model: providerOf(emulator.url).interactions(model), prompt, maxRetries: 0 });
    await expect(refused).rejects.toSatisfy((error) => APICallError.isInstance(error) && error.statusCode === 503);
  });
});
