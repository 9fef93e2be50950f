import { createGemini, type GeminiOptions, type StreamInput } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { normaliseRequest } from '../src/request/normalise-request.ts';

const user = (...parts: object[]) => ({ role: 'user', parts });
const hi = user({ text: 'hi' });

describe('a valid input', () => {
  it.for<[string, StreamInput, object]>([
    ['a text', 'hi', { contents: [hi] }],
    ['a part', { text: 'hi' }, { contents: [hi] }],
    [
      'texts and parts',
      ['hi', { fileData: { fileUri: 'files/1' } }],
      { contents: [user({ text: 'hi' }, { fileData: { fileUri: 'files/1' } })] },
    ],
    [
      'contents',
      [hi, { role: 'model', parts: [{ text: 'ho' }] }, hi],
      { contents: [hi, { role: 'model', parts: [{ text: 'ho' }] }, hi] },
    ],
    ['a message', hi, { contents: [hi] }],
    [
      "genai's names of what Vertex AI calls otherwise",
      {
        contents: 'hi',
        config: {
          modelSelectionConfig: { featureSelectionPreference: 'BALANCED' },
          generationOutputConfig: { outputUriPrefix: 'gs://b' },
          labels: { c: '3' },
        },
      },
      {
        contents: [hi],
        generationConfig: { modelConfig: { featureSelectionPreference: 'BALANCED' } },
        outputConfig: { outputUriPrefix: 'gs://b' },
        labels: { c: '3' },
      },
    ],
    ['a request with one message', { contents: hi, config: {} }, { contents: [hi] }],
    [
      'a request whose system instruction is a message',
      { contents: 'hi', config: { systemInstruction: { parts: [{ text: 'Be brief.' }] } } },
      { contents: [hi], systemInstruction: user({ text: 'Be brief.' }) },
    ],
    [
      'bytes in a message',
      { role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: new Uint8Array([2, 3]) } }] },
      { contents: [user({ inlineData: { mimeType: 'image/png', data: 'AgM=' } })] },
    ],
    [
      'bytes',
      [{ inlineData: { mimeType: 'image/png', data: new Uint8Array([1, 2, 3]).subarray(1) } }],
      { contents: [user({ inlineData: { mimeType: 'image/png', data: 'AgM=' } })] },
    ],
    [
      'bytes in contents',
      [user({ inlineData: { mimeType: 'image/png', data: new Uint8Array([2, 3]) } })] as StreamInput,
      { contents: [user({ inlineData: { mimeType: 'image/png', data: 'AgM=' } })] },
    ],
    [
      'a request',
      { contents: [hi], generationConfig: { temperature: 0 }, tomorrow: 1 } as StreamInput,
      { contents: [hi], generationConfig: { temperature: 0 }, tomorrow: 1 },
    ],
    ['a request with a text', { contents: 'hi' }, { contents: [hi] }],
    [
      "genai's form",
      {
        model: 'gemini-x',
        contents: ['hi'],
        config: {
          temperature: 0.5,
          thinkingConfig: { includeThoughts: true },
          tools: [{ googleSearch: {} }],
          systemInstruction: 'Be brief.',
          tomorrow: 1,
        },
      } as StreamInput,
      {
        contents: [hi],
        generationConfig: { temperature: 0.5, thinkingConfig: { includeThoughts: true }, tomorrow: 1 },
        tools: [{ googleSearch: {} }],
        systemInstruction: user({ text: 'Be brief.' }),
      },
    ],
  ])('stream() accepts %s', ([, input, body]) => {
    expect(normaliseRequest(input).body).toEqual(body);
  });

  it('streams of one client in turn ask the model that each of them names', async () => {
    const models = ['gemini-x', 'gemini-y', 'gemini-x'];
    await using emulator = await createEmulator({ models });
    const gemini = createGemini({ baseUrl: emulator.url });
    const asked: (string | undefined)[] = [];
    for (const model of models) asked.push((await gemini.stream('hi', { model }).outcome).model);
    expect(asked).toEqual(models);
    expect(emulator.requests.map(({ path }) => /models\/([\w-]+):/.exec(path)?.[1])).toEqual(models);
  });

  it("the model and the signal of genai's form are used", async () => {
    await using emulator = await createEmulator({ models: ['gemini-x'], pace: { tokensPerSecond: 5, burst: 1 } });
    const controller = new AbortController();
    const stream = createGemini({ baseUrl: emulator.url }).stream({
      model: 'gemini-x',
      contents: 'Count slowly from 1 to 10',
      config: { abortSignal: controller.signal },
    });
    for await (const event of stream) if (event.type === 'text-delta') controller.abort();
    expect((await stream.outcome).status).toBe('stopped');
    expect(emulator.requests[0]?.path).toContain('/models/gemini-x:');
  });
});

describe('an invalid input', () => {
  it.for<[unknown, string]>([
    ['', 'prompt: expected text, got an empty string'],
    [[], 'prompt: expected at least one part, got an empty array'],
    [7, 'expected a prompt or a request, got number'],
    [[7], 'prompt[0]: expected text or a part, got number'],
    [['hi', hi], 'prompt: expected parts or contents, got both in one array'],
    [{}, 'contents: expected a prompt or an array of contents, got undefined'],
    [{ contents: 7 }, 'contents: expected an array, got number'],
    [{ contents: [] }, 'contents: expected at least one item, got an empty array'],
    [{ contents: [{ role: 'user', parts: [] }] }, 'contents[0].parts: expected at least one item, got an empty array'],
    [
      { contents: [{ role: 'user', parts: [{ text: 5 }] }] },
      'contents[0].parts[0].text: expected a string, got number',
    ],
    [{ contents: [null] }, 'contents[0]: expected an object, got null'],
    [{ contents: [{ role: 7, parts: [{ text: 'a' }] }] }, 'contents[0].role: expected a string, got number'],
    [
      { contents: 'hi', generationConfig: { temperature: 'hot' } },
      'generationConfig.temperature: expected a number, got string',
    ],
    [{ contents: 'hi', generationConfig: { seed: Number.NaN } }, 'generationConfig.seed: expected a number, got NaN'],
    [{ contents: 'hi', tools: 7 }, 'tools: expected an array, got number'],
    [{ contents: 'hi', labels: { team: 7 } }, 'labels.team: expected a string, got number'],
    [{ contents: 'hi', model: 7 }, 'model: expected a name or an array, got number'],
    [{ contents: 'hi', config: { temperature: 'hot' } }, 'generationConfig.temperature: expected a number, got string'],
    [
      { contents: 'hi', config: { systemInstruction: [hi, hi] } },
      'config.systemInstruction: expected one message, got 2',
    ],
    [
      { contents: 'hi', config: { httpOptions: { baseUrl: 'x' } } },
      'config.httpOptions.baseUrl: expected headers, timeout or extraBody: pass baseUrl to createGemini',
    ],
    [{ contents: 'hi', config: { automaticFunctionCalling: {} } }, 'config.automaticFunctionCalling: expected none'],
    [[{ inlineData: { data: 'AAAA' } }], 'contents[0].parts[0].inlineData.mimeType: expected a string, got undefined'],
  ])('an invalid input throws a TypeError that names the field: %j', ([input, message]) => {
    const gemini = createGemini({ baseUrl: 'http://127.0.0.1:1' });
    expect(() => gemini.stream(input as string)).toThrow(TypeError);
    expect(() => gemini.stream(input as string)).toThrow(message);
  });

  it('the error never quotes the prompt', () => {
    const secret = 'my dog is ill';
    const gemini = createGemini({ baseUrl: 'http://127.0.0.1:1' });
    expect(() => gemini.stream({ contents: [{ parts: [{ text: [secret] as unknown as string }] }] })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(secret) }),
    );
  });

  it.for<[object | null, string]>([
    [{ apiKey: 7 }, 'apiKey: expected a string or a function, got number'],
    [{ baseUrl: {} }, 'baseUrl: expected a string, got object'],
    [{ headers: { a: 1 } }, 'headers.a: expected a string, got number'],
    [{ vertex: { project: 1 } }, 'vertex.project: expected a string, got number'],
    [{ vertex: true }, 'vertex: expected an object, got boolean'],
    [{ vertex: { auth: {} } }, 'vertex.auth.getRequestHeaders: expected a function, got undefined'],
    [{ vertex: false, model: 1 }, 'model: expected a name or an array, got number'],
    [{ maxResponseBytes: -1 }, 'maxResponseBytes: expected a number above 0, got number'],
    [{ idleTimeoutMs: -1 }, 'idleTimeoutMs: expected a number above 0 (Infinity turns it off), got -1'],
    [{ maxResponseBytes: 0 }, 'maxResponseBytes: expected a number above 0, got number'],
    [{ apikey: 'x' }, 'apikey: unknown option, did you mean apiKey?'],
    [{ idleTimeout: 5 }, 'idleTimeout: unknown option, did you mean idleTimeoutMs?'],
    [null, 'options: expected an object, got null'],
    [{ connectTimeoutMs: '5' }, 'connectTimeoutMs: expected a number above 0 (Infinity turns it off), got 5'],
    [{ allowInsecure: 'yes' }, 'allowInsecure: expected a boolean, got string'],
    [{ retry: true }, 'retry: expected an object or false, got boolean'],
    [{ retry: { maxAttempts: 0 } }, 'retry.maxAttempts: expected a number of at least 1, got 0'],
  ])('invalid options throw a TypeError that names the option: %j', ([options, message]) => {
    expect(() => createGemini(options as GeminiOptions)).toThrow(TypeError);
    expect(() => createGemini(options as GeminiOptions)).toThrow(message);
  });
});

it('an option that only the transport can judge fails the stream at once, without a retry', async () => {
  await using emulator = await createEmulator();
  const { outcome } = createGemini({ baseUrl: emulator.url, headers: { 'a header': 'x' } }).stream('hi');
  const { status, error, attempts } = await outcome;
  expect([status, attempts]).toEqual(['failed', 1]);
  expect(error?.retryable).toBe(false);
  expect(emulator.requests).toEqual([]);
});

describe('a key', () => {
  it('a token of the Live API is refused before the request', async () => {
    await using emulator = await createEmulator();
    const { error, attempts } = await createGemini({ baseUrl: emulator.url, apiKey: 'auth_tokens/abc' }).stream('hi')
      .outcome;
    expect([error?.code, attempts]).toEqual(['unsupported-api-key', 0]);
    expect(error?.message).toContain('Live API');
    expect(error?.message).not.toContain('abc');
    expect(emulator.requests).toEqual([]);
  });

  it('a key function that throws fails the stream with its reason', async () => {
    const reason = new Error('the vault is closed');
    const gemini = createGemini({ baseUrl: 'http://127.0.0.1:1', apiKey: () => Promise.reject(reason) });
    expect((await gemini.stream('hi').outcome).error).toMatchObject({ code: 'api-key-failed', cause: reason });
  });

  it.for(['body', 'event'] as const)(
    "the key is redacted from the server's error and its details: as %s",
    async (form) => {
      const apiKey = 'key-that-is-echoed';
      const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', metadata: { key: apiKey } }];
      const json = JSON.stringify({ error: { code: 400, message: apiKey, status: 'INVALID_ARGUMENT', details } });
      const refusal = { body: Buffer.from(json), status: 400, contentType: 'application/json' };
      const recording = form === 'body' ? refusal : { body: Buffer.from(`data: ${json}\n\n`) };
      await using emulator = await createEmulator({ recording });
      const { error } = await createGemini({ baseUrl: emulator.url, apiKey }).stream('hi').outcome;
      expect(error?.details).toMatchObject([{ metadata: { key: '[redacted]' } }]);
      expect(`${error?.stack} ${JSON.stringify(error)} ${String(error?.cause)}`).not.toContain(apiKey);
    },
  );
});
