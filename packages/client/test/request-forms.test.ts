import { createGemini, tool, type GeminiOptions, type StreamInput, type StreamOptions } from '@gemini/client';
import { createEmulator, type Emulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { streamUrl } from '../src/request/endpoint.ts';

async function bodyOf(input: unknown, options: object = {}): Promise<Record<string, never>> {
  await using emulator = await createEmulator({ script: [{ reply: { text: 'ok' } }] });
  await createGemini({ baseUrl: emulator.url, retry: false }).stream(input as StreamInput, options).outcome;
  return emulator.requests[0]?.body as Record<string, never>;
}

const hi = { role: 'user', parts: [{ text: 'hi' }] };

describe('a request in a looser form', () => {
  it.for<[name: string, input: unknown, body: object]>([
    [
      'a system instruction as text',
      { contents: 'hi', systemInstruction: 'Be kind.' },
      { systemInstruction: { parts: [{ text: 'Be kind.' }] } },
    ],
    ['one part', { contents: [{ role: 'user', parts: { text: 'hi' } }] }, { contents: [hi] }],
    ['one message', { contents: { role: 'user', parts: { text: 'hi' } } }, { contents: [hi] }],
    ['one tool', { contents: 'hi', tools: { googleSearch: {} } }, { tools: [{ googleSearch: {} }] }],
    [
      'one safety setting',
      { contents: 'hi', safetySettings: { category: 'A' } },
      { safetySettings: [{ category: 'A' }] },
    ],
    [
      'one stop sequence',
      { contents: 'hi', generationConfig: { stopSequences: 'x' } },
      { generationConfig: { stopSequences: ['x'] } },
    ],
    [
      'null fields',
      {
        contents: [{ role: 'user', parts: [{ text: 'hi', thoughtSignature: null, inlineData: null }] }],
        tools: null,
        generationConfig: { temperature: null, topP: 0.5 },
      },
      { contents: [hi], generationConfig: { topP: 0.5 } },
    ],
    [
      'an ArrayBuffer',
      [{ inlineData: { mimeType: 'image/png', data: new Uint8Array([1, 2, 3]).buffer } }],
      { contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: 'AQID' } }] }] },
    ],
    [
      'a DataView',
      [{ inlineData: { mimeType: 'image/png', data: new DataView(new Uint8Array([0, 1, 2, 3]).buffer, 1) } }],
      { contents: [{ parts: [{ inlineData: { data: 'AQID' } }] }] },
    ],
    [
      'a lone executableCode',
      { contents: [{ executableCode: { language: 'PYTHON', code: 'print(1)' } }] },
      { contents: [{ parts: [{ executableCode: { code: 'print(1)' } }] }] },
    ],
    [
      'a lone surrogate',
      { contents: 'a\ud83e', systemInstruction: '\ude00' },
      { contents: [{ parts: [{ text: 'a\ufffd' }] }], systemInstruction: { parts: [{ text: '\ufffd' }] } },
    ],
    [
      'httpOptions and automaticFunctionCalling of genai',
      { contents: 'hi', config: { automaticFunctionCalling: { disable: true }, httpOptions: { timeout: 5_000 } } },
      { contents: [hi] },
    ],
  ])('is sent as the API takes it: %s', async ([, input, body]) => {
    expect(await bodyOf(input)).toMatchObject(body);
    expect(JSON.stringify(await bodyOf(input))).not.toMatch(/null|automaticFunctionCalling|httpOptions/);
  });

  it.for<[name: string, input: unknown, message: string]>([
    [
      "OpenAI's messages",
      [{ role: 'user', content: 'hi' }],
      "prompt[0]: expected { role: 'user' or 'model', parts: [{ text }] }, got { role, content }",
    ],
    ["OpenAI's messages in a request", { contents: [{ role: 'user', content: 'hi' }] }, 'contents[0]: expected'],
    [
      'a Blob',
      [{ inlineData: { mimeType: 'image/png', data: new Blob(['a']) } }],
      'got a Blob: pass await blob.bytes()',
    ],
    [
      'an address in httpOptions',
      { contents: 'hi', config: { httpOptions: { baseUrl: 'http://x' } } },
      'pass baseUrl to createGemini instead',
    ],
    [
      'a timeout that is a text',
      { contents: 'hi', config: { httpOptions: { timeout: '5' } } },
      'config.httpOptions.timeout: expected a number above 0',
    ],
  ])('is refused with the form to use: %s', ([, input, message]) => {
    expect(() => createGemini({ baseUrl: 'http://127.0.0.1:1' }).stream(input as StreamInput)).toThrow(message);
  });

  it('a history with the role of results of earlier versions is accepted', async () => {
    await using emulator = await createEmulator({ script: [{ reply: { text: 'ok' } }] });
    const history = [
      hi,
      { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] },
      { role: 'function', parts: [{ functionResponse: { name: 'f', response: { a: 1 } } }] },
      { role: 'model', parts: [{ text: 'a' }] },
    ];
    const chat = createGemini({ baseUrl: emulator.url }).chat({ history });
    expect((await chat.stream('next').outcome).status).toBe('completed');
    expect(chat.history.map(({ role }) => role)).toEqual(['user', 'model', 'user', 'model', 'user', 'model']);
  });

  it('a result with the field $ref is renamed, at any depth, and other results stay', async () => {
    const response = { $ref: '#/a', list: [{ $ref: 'b', c: 1 }], kept: { ref: 1 } };
    const contents = [
      hi,
      { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'f', response } }] },
    ];
    const body = await bodyOf({ contents });
    expect(JSON.stringify(body)).not.toContain('"$ref"');
    expect(JSON.stringify(body)).toContain('{"$$ref":"#/a","list":[{"$$ref":"b","c":1}],"kept":{"ref":1}}');
  });

  it('a result may name a file beside it with $ref', async () => {
    const parts = [{ inlineData: { mimeType: 'image/png', data: 'AQID', displayName: 'front' } }];
    const functionResponse = { name: 'f', response: { photo: { $ref: 'front' }, other: { $ref: 'back' } }, parts };
    const contents = [
      hi,
      { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] },
      { role: 'user', parts: [{ functionResponse }] },
    ];
    expect(JSON.stringify(await bodyOf({ contents }))).toContain('{"photo":{"$ref":"front"},"other":{"$$ref":"back"}}');
  });
});

describe('options of one stream', () => {
  it('are sent with its request, and headers and key replace those of the client', async () => {
    await using emulator = await createEmulator();
    const gemini = createGemini({
      baseUrl: emulator.url,
      apiKey: 'client-key',
      headers: { 'X-Own': 'client', 'x-kept': '1' },
    });
    const options = {
      headers: { 'x-own': 'stream' },
      apiKey: 'stream-key',
      systemInstruction: 'Be kind.',
      config: { temperature: 0.5, topP: 1 },
      toolConfig: { functionCallingConfig: { mode: 'NONE' } },
    };
    await gemini.stream({ contents: 'hi', generationConfig: { temperature: 0 } }, options).outcome;
    const [request] = emulator.requests;
    expect(request?.headers).toMatchObject({ 'x-own': 'stream', 'x-kept': '1' });
    expect(request?.body).toMatchObject({
      systemInstruction: { parts: [{ text: 'Be kind.' }] },
      generationConfig: { temperature: 0, topP: 1 },
      toolConfig: { functionCallingConfig: { mode: 'NONE' } },
    });
    await gemini.stream({ contents: 'hi', config: { httpOptions: { headers: { 'x-own': 'config' } } } }).outcome;
    expect(emulator.requests[1]?.headers).toMatchObject({ 'x-own': 'config', 'x-kept': '1' });
  });

  it('httpOptions of a request for an object are sent too', async () => {
    await using emulator = await createEmulator({ script: [{ reply: { text: '{"a":1}' } }] });
    const request = { contents: 'hi', config: { httpOptions: { headers: { 'x-own': 'config' } } } };
    const stream = createGemini({ baseUrl: emulator.url }).streamObject(request, {
      schema: z.object({ a: z.number() }),
    });
    expect(await stream.object()).toEqual({ a: 1 });
    expect(emulator.requests[0]?.headers).toMatchObject({ 'x-own': 'config' });
  });

  it('the key of a stream is the one that the server gets', async () => {
    await using emulator = await createEmulator({ apiKey: { accepted: ['stream-key-1234'], required: true } });
    const gemini = createGemini({ baseUrl: emulator.url, apiKey: 'client-key-1234' });
    expect((await gemini.stream('hi').outcome).status).toBe('failed');
    expect((await gemini.stream('hi', { apiKey: () => 'stream-key-1234' }).outcome).status).toBe('completed');
  });

  it.for<[options: object, message: string]>([
    [{ temperature: 0 }, 'temperature: unknown option, did you mean config: { temperature }?'],
    [{ systemInstructions: 'a' }, 'systemInstructions: unknown option, did you mean systemInstruction?'],
    [{ apikey: 'a' }, 'apikey: unknown option, did you mean apiKey?'],
    [{ apiKey: 5 }, 'apiKey: expected a string or a function, got number'],
    [{ headers: { a: 1 } }, 'headers.a: expected a string, got number'],
  ])('a wrong option is a TypeError: %j', ([options, message]) => {
    expect(() => createGemini({ baseUrl: 'http://127.0.0.1:1' }).stream('hi', options as StreamOptions)).toThrow(
      message,
    );
  });
});

describe('functions beside tools of the server', () => {
  const f = tool({ name: 'f', parameters: z.object({}) });
  const search = { googleSearch: {} };

  it.for<[name: string, options: object, expected: unknown]>([
    ['at the Developer API', { tools: [f, search] }, { includeServerSideToolInvocations: true }],
    [
      'with a config of the caller',
      { tools: [f, search], toolConfig: { a: 1 } },
      { a: 1, includeServerSideToolInvocations: true },
    ],
    [
      'unless the caller turns it off',
      { tools: [f, search], toolConfig: { includeServerSideToolInvocations: false } },
      { includeServerSideToolInvocations: false },
    ],
    ['not for functions alone', { tools: [f] }, undefined],
    ['not for tools of the server alone', { tools: [search] }, undefined],
  ])('are declared as the API demands: %s', async ([, options, expected]) => {
    expect((await bodyOf('hi', options))['toolConfig']).toEqual(expected);
  });

  it('are not declared so at Vertex, which refuses it', async () => {
    await using emulator = await createEmulator();
    const vertex = { project: 'p', accessToken: 'token' };
    await createGemini({ baseUrl: emulator.url, vertex }).stream('hi', { tools: [f, search] }).outcome;
    expect(emulator.requests[0]?.body).not.toHaveProperty('toolConfig');
  });
});

describe('the URL of a stream', () => {
  const url = (baseUrl: string, model: string): string => streamUrl({ baseUrl, apiVersion: 'v1beta', model }).href;

  it.for<[base: string, model: string, path: string]>([
    ['https://gateway.example', 'google/gemini-x', '/v1beta/models/google/gemini-x:streamGenerateContent?alt=sse'],
    ['https://gateway.example', 'gemini-x:free', '/v1beta/models/gemini-x:free:streamGenerateContent?alt=sse'],
    [
      'https://gateway.example/p',
      'publishers/google/models/x',
      '/p/v1beta/publishers/google/models/x:streamGenerateContent?alt=sse',
    ],
    ['https://gateway.example/v1beta', 'gemini-x', '/v1beta/models/gemini-x:streamGenerateContent?alt=sse'],
    ['https://gateway.example/v1/', 'gemini-x', '/v1/models/gemini-x:streamGenerateContent?alt=sse'],
    [
      'https://gateway.example/v1alpha?tenant=7',
      'gemini-x',
      '/v1alpha/models/gemini-x:streamGenerateContent?tenant=7&alt=sse',
    ],
    ['https://gateway.example/v1x', 'gemini-x', '/v1x/v1beta/models/gemini-x:streamGenerateContent?alt=sse'],
  ])('of %s and %s keeps the version and the query', ([base, model, path]) => {
    expect(url(base, model)).toBe(new URL(path, base).href);
  });

  it.for(['../x', 'a/../b', 'a//b', 'a b', 'a?b', '', '.', 'a/'])('refuses the model %j behind a gateway', (model) => {
    expect(() => url('https://gateway.example', model)).toThrow('model: expected a name');
  });

  it.for(['google/gemini-x', 'gemini-x:free'])("refuses the model %j at Google's own server", (model) => {
    expect(() => url('https://generativelanguage.googleapis.com', model)).toThrow('model: expected a name');
  });
});

it('the error of an invalid object quotes no key of the answer', async () => {
  await using emulator: Emulator = await createEmulator({
    script: [{ reply: { text: '{"name":"a","private-key":1}' } }],
  });
  const options: GeminiOptions = { baseUrl: emulator.url };
  const stream = createGemini(options).streamObject('hi', { schema: z.strictObject({ name: z.string() }) });
  const error = await stream.object().catch((cause: unknown) => cause as Error & { issues: unknown });
  expect((error as Error).message).toMatch(/^the answer does not fit the schema/);
  expect((error as Error).message).not.toContain('private-key');
  expect(JSON.stringify((error as { issues: unknown }).issues)).toContain('private-key');
});
