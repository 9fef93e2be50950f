import { createGoogleGenerativeAI } from '@ai-sdk/google';
import Anthropic from '@anthropic-ai/sdk';
import { createEmulator } from '@gemini/emulator';
import { createStreamingFetch, type StreamEnd } from '@gemini/fetch';
import { GoogleGenAI } from '@google/genai';
import { generateText, streamText } from 'ai';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { type ModelReply, serveModel, type Step } from '../../packages/fetch/test/model-server.ts';
import { anthropicWire, type Frame, frameText, openAiWire, pieces } from '../../packages/fetch/test/model-wires.ts';

const apiKey = 'a-key-that-must-not-leak';
const model = 'gemini-flash-latest';

function fetchWithEnds(): { readonly fetch: typeof fetch; readonly ends: StreamEnd[] } {
  const ends: StreamEnd[] = [];
  return { fetch: createStreamingFetch({ onEnd: (end) => ends.push(end) }), ends };
}

const replyOf = (frames: readonly Frame[], more: Partial<ModelReply> = {}): ModelReply => ({
  ...more,
  steps: [...frames.map((frame): Step => ({ type: 'write', bytes: frameText(frame) })), { type: 'end' }],
});
const busy: ModelReply = {
  status: 503,
  contentType: 'application/json',
  headers: { 'x-request-id': 'request-1', 'retry-after-ms': '1' },
  steps: [{ type: 'write', bytes: '{"error":{"message":"Busy.","type":"server_error"}}' }, { type: 'end' }],
};
const thrownBy = async (action: () => Promise<unknown>): Promise<unknown> => {
  try {
    await action();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('@google/genai over our fetch', () => {
  const clientOf = (baseUrl: string, fetch: typeof globalThis.fetch) =>
    new GoogleGenAI({ apiKey, apiVersion: 'v1beta', httpOptions: { baseUrl, fetch } });

  it('streams, and the end has verdict, times and tokens', async () => {
    await using emulator = await createEmulator();
    const { fetch, ends } = fetchWithEnds();
    let text = '';
    const ai = clientOf(emulator.url, fetch);
    for await (const chunk of await ai.models.generateContentStream({ model, contents: 'Count from 1 to 5' })) {
      text += chunk.text ?? '';
    }
    expect(text).toBe('1, 2, 3, 4, 5.');
    expect(ends).toMatchObject([
      {
        verdict: { kind: expect.any(String) },
        timing: { headersMs: expect.any(Number) },
        usage: { totalTokenCount: expect.any(Number) },
        error: undefined,
      },
    ]);
  });

  it('streams from Vertex AI', async () => {
    await using emulator = await createEmulator();
    const { fetch, ends } = fetchWithEnds();
    const ai = new GoogleGenAI({ vertexai: true, apiKey, httpOptions: { baseUrl: emulator.url, fetch } });
    let text = '';
    for await (const chunk of await ai.models.generateContentStream({ model, contents: 'Say hello' }))
      text += chunk.text;
    expect(text).toMatch(/hello/i);
    expect(ends).toMatchObject([{ error: undefined, request: expect.stringContaining('/publishers/google/models/') }]);
  });

  it('sends a call without a stream through the host', async () => {
    await using emulator = await createEmulator();
    const { fetch, ends } = fetchWithEnds();
    const { text } = await clientOf(emulator.url, fetch).models.generateContent({ model, contents: 'Say hello' });
    expect(text).toMatch(/hello/i);
    expect(ends).toEqual([]);
  });

  it('uploads a file byte by byte through the host', async () => {
    const bytes = Uint8Array.from({ length: 1_000 }, (_, index) => index % 251);
    const file = { file: { name: 'files/a', uri: 'x', state: 'ACTIVE' } };
    const body = JSON.stringify(file);
    const framing = { length: body.length };
    await using server = await serveModel((url, { path }) => [
      {
        contentType: 'application/json',
        framing,
        headers: path.includes('/take')
          ? { 'x-goog-upload-status': 'final' }
          : { 'x-goog-upload-url': `${url}/take`, 'x-goog-upload-status': 'active' },
        steps: [{ type: 'write', bytes: body }],
      },
    ]);
    const ai = clientOf(server.url, fetchWithEnds().fetch);
    expect(await ai.files.upload({ file: new Blob([bytes], { type: 'image/png' }) })).toMatchObject({
      name: 'files/a',
    });
    expect(server.requests.at(-1)?.headers['content-length']).toBe('1000');
    expect(server.requests.at(-1)?.body).toBe(Buffer.from(bytes).toString());
  });

  it('has its error, without the key, after one request', async () => {
    await using emulator = await createEmulator({ scenario: 'quota-retry-info' });
    const ai = clientOf(emulator.url, fetchWithEnds().fetch);
    const error = await thrownBy(() => ai.models.generateContentStream({ model, contents: 'hi' }));
    expect(error).toMatchObject({ name: 'ApiError', status: 429, message: expect.stringContaining('RetryInfo') });
    expect(String(error)).not.toContain(apiKey);
    expect(emulator.requests).toHaveLength(1);
  });

  it('streams an interaction, whose hops are each an end', async () => {
    const frame = (type: string, more: object): Frame => ({
      name: type,
      data: JSON.stringify({ event_type: type, ...more }),
    });
    const hop = (id: string, text: string, end: object): ModelReply =>
      replyOf([
        frame('interaction.created', { interaction: { id, status: 'in_progress', object: 'interaction', model } }),
        frame('step.start', { index: 0, step: { type: 'model_output' } }),
        frame('step.delta', { index: 0, delta: { type: 'text', text } }),
        frame('step.stop', { index: 0 }),
        frame('interaction.completed', {
          interaction: { id, object: 'interaction', model, usage: { total_tokens: 3 }, ...end },
        }),
        { name: 'done', data: '[DONE]' },
      ]);
    await using server = await serveModel([
      hop('v1_a', 'one ', { status: 'requires_continuation', continuation_token: 'dG9rZW4=' }),
      hop('v1_b', 'two', { status: 'completed' }),
    ]);
    const { fetch, ends } = fetchWithEnds();
    const ai = clientOf(server.url, fetch);
    let text = '';
    const stream = await ai.interactions.create({ model, input: 'hi', stream: true });
    for await (const event of stream) {
      const { delta } = event as { readonly delta?: { readonly text?: string } };
      text += delta?.text ?? '';
    }
    expect(text).toBe('one two');
    expect(ends.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(ends[0]?.usage).toEqual({ total_tokens: 3 });
  });

  it('fails for an interaction that is cut', async () => {
    const created = {
      event_type: 'interaction.created',
      interaction: { id: 'v1_a', status: 'in_progress', object: 'interaction', model },
    };
    await using server = await serveModel([replyOf([{ name: 'interaction.created', data: JSON.stringify(created) }])]);
    const { fetch, ends } = fetchWithEnds();
    const stream = await clientOf(server.url, fetch).interactions.create({ model, input: 'hi', stream: true });
    const error = await thrownBy(async () => {
      for await (const _ of stream);
    });
    expect(error).toBeDefined();
    expect(ends).toMatchObject([{ error: { code: 'truncated' } }]);
  });
});

describe('the AI SDK over our fetch', () => {
  const provider = (baseUrl: string, fetch: typeof globalThis.fetch) =>
    createGoogleGenerativeAI({ baseURL: `${baseUrl}/v1beta`, apiKey, fetch })(model);

  it('makes three requests after 503, not nine', async () => {
    await using emulator = await createEmulator({ scenario: 'always-unavailable' });
    const { fetch, ends } = fetchWithEnds();
    const errors: unknown[] = [];
    const { fullStream } = streamText({
      model: provider(emulator.url, fetch),
      prompt: 'hi',
      onError: ({ error }) => void errors.push(error),
    });
    for await (const _ of fullStream);
    expect(errors).toMatchObject([{ name: 'AI_RetryError' }]);
    expect(emulator.requests).toHaveLength(3);
    expect(ends).toHaveLength(3);
  });

  it('passes a timeout on as it is, and does not ask again', async () => {
    await using emulator = await createEmulator({ scenario: 'silence-before-headers' });
    const fetch = createStreamingFetch({ headersTimeoutMs: 200 });
    const errors: unknown[] = [];
    const { fullStream } = streamText({
      model: provider(emulator.url, fetch),
      prompt: 'hi',
      onError: ({ error }) => void errors.push(error),
    });
    for await (const _ of fullStream);
    expect(errors).toMatchObject([{ name: 'TimeoutError', code: 'headers-timeout' }]);
    expect(emulator.requests).toHaveLength(1);
  });

  it('sends a call without a stream through the host', async () => {
    await using emulator = await createEmulator();
    const { fetch, ends } = fetchWithEnds();
    const { text } = await generateText({ model: provider(emulator.url, fetch), prompt: 'Say hello' });
    expect(text).toMatch(/hello/i);
    expect(ends).toEqual([]);
  });
});

describe('openai over our fetch', () => {
  const clientOf = (url: string, fetch: typeof globalThis.fetch) =>
    new OpenAI({ apiKey, baseURL: url, fetch, logLevel: 'off' });
  const ask = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }], stream: true as const };

  it('streams from the compatible endpoint of Gemini', async () => {
    await using server = await serveModel([replyOf(openAiWire.frames)]);
    const { fetch, ends } = fetchWithEnds();
    let text = '';
    for await (const { choices } of await clientOf(`${server.url}/v1beta/openai/`, fetch).chat.completions.create(
      ask,
    )) {
      text += choices[0]?.delta.content ?? '';
    }
    expect(text).toBe(pieces.join(''));
    expect(ends).toMatchObject([{ error: undefined, usage: { total_tokens: 8 } }]);
  });

  it('has the error of that endpoint, which comes in an array, with its headers', async () => {
    const refused: ModelReply = {
      status: 400,
      contentType: 'application/json',
      headers: { 'x-request-id': 'request-1' },
      steps: [
        { type: 'write', bytes: '[{"error":{"code":400,"message":"Not like this.","status":"INVALID_ARGUMENT"}}]' },
        { type: 'end' },
      ],
    };
    await using server = await serveModel([refused]);
    const client = clientOf(`${server.url}/v1beta/openai/`, fetchWithEnds().fetch);
    const error = await thrownBy(() => client.chat.completions.create(ask));
    expect(error).toMatchObject({
      status: 400,
      requestID: 'request-1',
      message: expect.stringContaining('Not like this.'),
    });
  });

  it('makes three requests after 503, not nine', async () => {
    await using server = await serveModel([busy]);
    const { fetch, ends } = fetchWithEnds();
    const error = await thrownBy(() => clientOf(server.url, fetch).chat.completions.create(ask));
    expect(error).toMatchObject({ status: 503, requestID: 'request-1' });
    expect(server.requests).toHaveLength(3);
    expect(ends).toHaveLength(3);
  });

  it('does not ask again for a stream that was lost after its headers', async () => {
    await using server = await serveModel([{ steps: [{ type: 'wait', ms: 20 }, { type: 'reset' }] }]);
    const { fetch, ends } = fetchWithEnds();
    const error = await thrownBy(async () => {
      for await (const _ of await clientOf(server.url, fetch).chat.completions.create(ask));
    });
    expect(error).toMatchObject({ code: 'connection-lost' });
    expect(server.requests).toHaveLength(1);
    expect(ends).toHaveLength(1);
  });

  it('streams a response', async () => {
    const frame = (type: string, more: object = {}): Frame => ({ name: type, data: JSON.stringify({ type, ...more }) });
    const cut = [frame('response.created', { response: {} }), frame('response.output_text.delta', { delta: 'hi' })];
    await using server = await serveModel([
      replyOf([...cut, frame('response.completed', { response: {} })]),
      replyOf(cut),
    ]);
    const client = clientOf(server.url, fetchWithEnds().fetch);
    const read = async (): Promise<string[]> => {
      const types: string[] = [];
      for await (const { type } of await client.responses.create({ model: 'm', input: 'hi', stream: true }))
        types.push(type);
      return types;
    };
    expect(await read()).toEqual(['response.created', 'response.output_text.delta', 'response.completed']);
    await expect(read()).rejects.toMatchObject({ code: 'truncated' });
  });
});

describe('@anthropic-ai/sdk over our fetch', () => {
  const clientOf = (baseURL: string, fetch: typeof globalThis.fetch) =>
    new Anthropic({ apiKey, baseURL, fetch, logLevel: 'off' });
  const ask = { model: 'm', max_tokens: 9, messages: [{ role: 'user' as const, content: 'hi' }] };

  it('streams, with its helper too', async () => {
    await using server = await serveModel([replyOf(anthropicWire.frames)]);
    const { fetch, ends } = fetchWithEnds();
    const message = await clientOf(server.url, fetch).messages.stream(ask).finalMessage();
    expect(message).toMatchObject({ stop_reason: 'end_turn', content: [{ text: pieces.join('') }] });
    expect(ends).toMatchObject([{ error: undefined, usage: { input_tokens: 3, output_tokens: 5 } }]);
  });

  it('does not wait for a day', async () => {
    await using server = await serveModel([{ ...busy, status: 429, headers: { 'retry-after': '86400' } }]);
    const client = clientOf(server.url, fetchWithEnds().fetch);
    const error = await thrownBy(() => client.messages.create({ ...ask, stream: true }));
    expect(error).toMatchObject({ status: 429 });
    expect(server.requests).toHaveLength(1);
  });

  it('closes the connection after a break', async () => {
    const endless: ModelReply = {
      steps: {
        *[Symbol.iterator](): Generator<Step> {
          for (const frame of anthropicWire.frames.slice(0, 4)) yield { type: 'write', bytes: frameText(frame) };
          yield { type: 'hang' };
        },
      },
    };
    await using server = await serveModel([endless]);
    const { fetch, ends } = fetchWithEnds();
    for await (const _ of await clientOf(server.url, fetch).messages.create({ ...ask, stream: true })) break;
    await expect.poll(() => server.requests[0]?.closedAtMs, { timeout: 30_000 }).toBeDefined();
    expect(ends).toHaveLength(1);
  });
});
