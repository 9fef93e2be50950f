import { createGemini, type GeminiError, type StreamOptions } from '@gemini/client';
import { createEmulator, type Fault } from '@gemini/emulator';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { FirstContentLimit } from '../src/answer/first-content-limit.ts';
import { body as wireOf } from './chunks.ts';

const silence: Fault = { type: 'silence', afterEvents: 0 };
const faulty = (...faults: Fault[]) => ({
  scenario: { name: 'faulty', description: 'Fails as the test says.', steps: [{ faults }] },
});

interface SentBody {
  readonly generationConfig?: unknown;
  readonly toolConfig?: unknown;
  readonly systemInstruction?: unknown;
}

describe('the settings of one stream', () => {
  it.for<[limit: keyof StreamOptions, fault: Fault, code: string]>([
    ['headersTimeoutMs', { type: 'silence', headers: false }, 'headers-timeout'],
    ['idleTimeoutMs', silence, 'idle-timeout'],
    ['contentIdleTimeoutMs', silence, 'content-idle-timeout'],
    ['totalTimeoutMs', silence, 'total-timeout'],
    ['firstContentTimeoutMs', silence, 'first-content-timeout'],
  ])('have %s, which ends it', async ([limit, fault, code]) => {
    await using emulator = await createEmulator(faulty(fault));
    const gemini = createGemini({ baseUrl: emulator.url, retry: false });
    const stream = gemini.stream('hi', { [limit]: 40 });
    expect(await stream.outcome).toMatchObject({ status: 'failed', error: { code } });
  });

  it('have retries of their own', async () => {
    await using emulator = await createEmulator({ scenario: 'always-unavailable' });
    const gemini = createGemini({ baseUrl: emulator.url, retry: false });
    const stream = gemini.stream('hi', { retry: { maxAttempts: 3, baseDelayMs: 0 } });
    expect(await stream.outcome).toMatchObject({ status: 'failed', attempts: 3, error: { status: 503 } });
    expect(await gemini.stream('hi').outcome).toMatchObject({ attempts: 1 });
  });

  it('have a generationConfig that replaces fields of the config, below those of the input', async () => {
    await using emulator = await createEmulator();
    const gemini = createGemini({ baseUrl: emulator.url });
    const options: StreamOptions = {
      config: { temperature: 1, topP: 0.5, seed: 1 },
      generationConfig: { temperature: 0, maxOutputTokens: 50 },
    };
    await gemini.stream('hi', options).text();
    await gemini.stream({ contents: 'hi', config: { maxOutputTokens: 60 } }, options).text();
    expect(emulator.requests.map(({ body }) => (body as SentBody).generationConfig)).toEqual([
      { temperature: 0, topP: 0.5, seed: 1, maxOutputTokens: 50 },
      { temperature: 0, topP: 0.5, seed: 1, maxOutputTokens: 60 },
    ]);
  });

  it('send unknown fields as extraBody, merged into the request', async () => {
    await using emulator = await createEmulator({ script: [{ reply: { text: 'ok' } }] });
    const gemini = createGemini({ baseUrl: emulator.url });
    const stream = gemini.stream('hi', {
      config: { temperature: 0, httpOptions: { extraBody: { generationConfig: { tomorrow: 1 } } } },
      extraBody: { generationConfig: { tomorrow: 2, temperature: 1 } },
    });
    await stream.outcome;
    expect((emulator.requests[0]?.body as SentBody | undefined)?.generationConfig).toEqual({
      temperature: 1,
      tomorrow: 2,
    });
  });

  it('of a turn come before those of its chat, which come before the defaults', async () => {
    await using emulator = await createEmulator();
    const gemini = createGemini({ baseUrl: emulator.url });
    const chat = gemini.chat({
      systemInstruction: 'Be brief.',
      config: { temperature: 1, seed: 1 },
      generationConfig: { topP: 0.5 },
      toolConfig: { retrievalConfig: { languageCode: 'de' } },
    });
    await chat.stream('hi', { config: { topP: 0.9 }, generationConfig: { temperature: 0 } }).text();
    await chat.stream('hi', { systemInstruction: 'Be long.', toolConfig: {} }).text();
    const sent = emulator.requests.map(({ body }) => body as SentBody);
    const toolConfig = { retrievalConfig: { languageCode: 'de' } };
    expect(sent).toMatchObject([
      { generationConfig: { temperature: 0, topP: 0.9, seed: 1 }, toolConfig },
      { generationConfig: { temperature: 1, topP: 0.5, seed: 1 }, toolConfig },
    ]);
    expect(sent.map(({ systemInstruction }) => systemInstruction)).toEqual([
      { role: 'user', parts: [{ text: 'Be brief.' }] },
      { role: 'user', parts: [{ text: 'Be long.' }] },
    ]);
  });

  it.for<[options: object, message: string]>([
    [{ idleTimeoutMs: 0 }, 'idleTimeoutMs: expected'],
    [{ firstContentTimeoutMs: '1' }, 'firstContentTimeoutMs: expected a number above 0, got string'],
    [{ retry: { maxAttempt: 1 } }, 'retry.maxAttempt: unknown option, did you mean retry.maxAttempts?'],
    [{ idleTimeout: 1 }, 'idleTimeout: unknown option, did you mean idleTimeoutMs?'],
    [{ maxOutputTokens: 1 }, 'maxOutputTokens: unknown option, did you mean config: { maxOutputTokens }?'],
    [{ extraBody: 1 }, 'extraBody: expected an object, got number'],
    [{ config: 7 }, 'config: expected an object, got number'],
    [{ generationConfig: { temperature: 'hot' } }, 'generationConfig.temperature: expected a number, got string'],
    [{ rawChunks: 1 }, 'rawChunks: expected a boolean, got number'],
  ])('that are invalid throw a TypeError before anything is sent: %j', ([options, message]) => {
    const gemini = createGemini({ baseUrl: 'http://127.0.0.1:1' });
    expect(() => gemini.stream('hi', options)).toThrow(TypeError);
    expect(() => gemini.stream('hi', options)).toThrow(message);
    expect(() => gemini.startStream('hi', options)).toThrow(message);
  });

  it.for<[input: unknown, message: string]>([
    [{ role: 'user', content: 'hi' }, 'expected { role: '],
    [[{ role: 'user', content: 'hi' }], 'expected { role: '],
    [{ contents: [{ role: 'user', content: 'hi' }] }, 'contents[0]: expected { role: '],
    [{ messages: [] }, 'messages are contents'],
  ])('a request in the form of another API throws a TypeError with a hint: %j', ([input, message]) => {
    expect(() => createGemini({ baseUrl: 'http://127.0.0.1:1' }).stream(input as string)).toThrow(message);
  });
});

describe('firstContentTimeoutMs', () => {
  it('is over with the first thought, whatever follows', async () => {
    await using emulator = await createEmulator({
      script: [{ reply: { thoughts: ['Hm.', 'Well.'], text: 'ok' } }],
      ...faulty({ type: 'silence', afterEvents: 1 }),
    });
    const limits = { firstContentTimeoutMs: 1_000, totalTimeoutMs: 1_500 };
    const stream = createGemini({ baseUrl: emulator.url }).stream('hi', limits);
    expect(await stream.outcome).toMatchObject({ error: { code: 'total-timeout' } });
  });

  it('is not over with token counts', async () => {
    const counts = { usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 } };
    await using emulator = await createEmulator({
      recording: { body: wireOf(counts) },
      ...faulty({ type: 'after-end', how: 'hang' }),
    });
    const limits = { firstContentTimeoutMs: 50, idleTimeoutMs: 30_000, retry: false } as const;
    const stream = createGemini({ baseUrl: emulator.url }).stream('hi', limits);
    expect(await stream.outcome).toMatchObject({
      error: { code: 'first-content-timeout' },
      usage: counts.usageMetadata,
    });
  });

  it('does not run while the stream is not read', () => {
    vi.useFakeTimers();
    try {
      const errors: GeminiError[] = [];
      const limit = new FirstContentLimit(100, (error) => errors.push(error));
      limit.start();
      vi.advanceTimersByTime(60);
      limit.pause();
      vi.advanceTimersByTime(1_000);
      limit.start();
      vi.advanceTimersByTime(39);
      expect(errors).toEqual([]);
      vi.advanceTimersByTime(1);
      expect(errors).toMatchObject([{ code: 'first-content-timeout', limit: 100, retryable: false }]);
      limit.start();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('chat.streamObject', () => {
  const schema = z.object({ city: z.string(), degrees: z.number() });
  const server = { script: [{ reply: { text: ['{"city":"Oslo",', '"degrees":3}'] } }] };

  it('streams an object, and the history has its JSON', async () => {
    await using emulator = await createEmulator(server);
    const chat = createGemini({ baseUrl: emulator.url }).chat({ systemInstruction: 'Be exact.', config: { seed: 7 } });
    const stream = chat.streamObject('The weather in Oslo?', { schema });
    const partial: unknown[] = [];
    for await (const value of stream.partialObjects) partial.push(value);
    expect(await stream.object()).toEqual({ city: 'Oslo', degrees: 3 });
    expect(partial.at(-1)).toEqual({ city: 'Oslo', degrees: 3 });
    expect(emulator.requests[0]?.body).toMatchObject({
      systemInstruction: { parts: [{ text: 'Be exact.' }] },
      generationConfig: { seed: 7, responseMimeType: 'application/json', responseJsonSchema: { type: 'object' } },
    });
    expect(chat.history).toEqual([
      { role: 'user', parts: [{ text: 'The weather in Oslo?' }] },
      { role: 'model', parts: [{ text: '{"city":"Oslo","degrees":3}' }] },
    ]);
    // The next message has no schema.
    await chat.stream('And now?').text();
    expect(emulator.requests[1]?.body).toMatchObject({ contents: [{}, {}, {}] });
    expect((emulator.requests[1]?.body as SentBody | undefined)?.generationConfig).toEqual({ seed: 7 });
  });

  it('refuses a chat whose settings ask for another format, and is not busy afterwards', async () => {
    await using emulator = await createEmulator(server);
    const chat = createGemini({ baseUrl: emulator.url }).chat({ config: { responseMimeType: 'text/x.enum' } });
    expect(() => chat.streamObject('hi', { schema })).toThrow('responseMimeType: expected application/json');
    expect(() => chat.streamObject('hi', { schema: 7 as never })).toThrow(TypeError);
    expect(emulator.requests).toEqual([]);
    await chat.stream('hi').text();
  });
});
