import { createChatHandler, memoryChatIndex, toGeminiContents, toUIMessageStream } from '@gemini/ai-sdk';
import { type ChatTransportOptions, createChatTransport } from '@gemini/ai-sdk/transport';
import { createGemini } from '@gemini/client';
import { createEmulator, type EmulatorOptions } from '@gemini/emulator';
import { createStreamManager } from '@gemini/stream-manager';
import type { UIMessage, UIMessageChunk } from 'ai';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

const counted = '1, 2, 3, 4, 5, 6, 7, 8, 9.';

/** A chat over HTTP, whose connections a test can cut. */
async function serveChat(options: EmulatorOptions = {}, cutAfterFrames: readonly number[] = []) {
  const stack = new AsyncDisposableStack();
  const emulator = stack.use(await createEmulator({ pace: { burst: 1 }, ...options }));
  const gemini = createGemini({ baseUrl: emulator.url });
  const streams = createStreamManager<UIMessageChunk>();
  let chats = memoryChatIndex();
  const chat = createChatHandler({
    streams,
    chats: { set: (chatId, streamId) => chats.set(chatId, streamId), get: (chatId) => chats.get(chatId) },
    answer: ({ messages, signal }) => toUIMessageStream(gemini.stream(toGeminiContents(messages), { signal })),
    userOf: (request) => request.headers.get('x-user') ?? 'ada',
  });
  const requests: { readonly method: string | undefined; readonly headers: IncomingMessage['headers'] }[] = [];
  const cuts = [...cutAfterFrames];
  const server = createServer((incoming, outgoing) => {
    requests.push({ method: incoming.method, headers: incoming.headers });
    answer(incoming, outgoing).catch(() => outgoing.destroy());
  });
  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chatId = decodeURIComponent(/^\/api\/chat\/(.+)\/stream$/.exec(incoming.url ?? '')?.[1] ?? '');
    const { method = 'GET', headers } = incoming;
    const body = method === 'POST' ? await text(incoming) : undefined;
    const request = new Request('http://localhost/', {
      method,
      headers: headers as Record<string, string>,
      ...(body === undefined ? {} : { body }),
    });
    const response =
      method === 'POST'
        ? await chat.POST(request)
        : await (method === 'DELETE' ? chat.DELETE(request, chatId) : chat.GET(request, chatId));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (response.body === null) return void outgoing.end();
    let framesLeft = cuts.shift() ?? Infinity;
    const frames = Readable.fromWeb(response.body as never);
    outgoing.on('close', () => void frames.destroy());
    frames.on('error', () => outgoing.destroy());
    for await (const bytes of frames as AsyncIterable<Buffer>) {
      for (const frame of bytes.toString().split(/(?<=\n\n)/)) {
        framesLeft -= 1;
        // What was written before is on its way.
        if (framesLeft < 0) return void outgoing.write(frame.slice(0, 9), () => outgoing.destroy());
        outgoing.write(frame);
      }
    }
    outgoing.end();
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await streams.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const transport = (more: ChatTransportOptions = {}) =>
    createChatTransport({ api: `${origin}/api/chat`, reconnect: { baseDelayMs: 0, maxDelayMs: 0 }, ...more });
  const forget = (): void => void (chats = memoryChatIndex());
  return { emulator, streams, requests, origin, transport, forget, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const messages: UIMessage[] = [{ id: 'u', role: 'user', parts: [{ type: 'text', text: 'Count from 1 to 9' }] }];
const sent = { trigger: 'submit-message', chatId: 'c/1', messageId: undefined, messages } as const;

async function read(stream: ReadableStream<UIMessageChunk> | null): Promise<UIMessageChunk[]> {
  const chunks: UIMessageChunk[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk);
  return chunks;
}

const textOf = (chunks: readonly UIMessageChunk[]): string =>
  chunks.map((chunk) => (chunk.type === 'text-delta' ? chunk.delta : '')).join('');

describe('a message', () => {
  it('is answered in one request', async () => {
    await using chat = await serveChat();
    const chunks = await read(await chat.transport().sendMessages({ ...sent, abortSignal: undefined }));
    expect(textOf(chunks)).toBe(counted);
    expect(chunks.at(-1)).toMatchObject({ type: 'finish', finishReason: 'stop' });
    expect(chat.requests.map(({ method }) => method)).toEqual(['POST']);
  });

  it.for([1, 3, 6])('loses and doubles nothing with %i cuts in the answer, and asks the model once', async (count) => {
    await using chat = await serveChat(
      {},
      Array.from({ length: count }, (_, index) => 2 + (index % 3)),
    );
    const chunks = await read(await chat.transport().sendMessages({ ...sent, abortSignal: undefined }));
    expect(textOf(chunks)).toBe(counted);
    expect(chunks.filter(({ type }) => type === 'start')).toHaveLength(1);
    expect(chat.requests.map(({ method }) => method)).toEqual(['POST', ...Array.from({ length: count }, () => 'GET')]);
    expect(chat.emulator.requests).toHaveLength(1);
  });

  it('is whole also if its connection is lost before its first chunk, and the answer has ended', async () => {
    await using chat = await serveChat({}, [1]);
    const chunks = await read(await chat.transport().sendMessages({ ...sent, abortSignal: undefined }));
    expect(textOf(chunks)).toBe(counted);
    expect(chat.requests.map(({ method }) => method)).toEqual(['POST', 'POST']);
    expect(chat.emulator.requests).toHaveLength(1);
  });

  it('whose answer the server has lost is an error, and not an end', async () => {
    await using chat = await serveChat({}, [4]);
    const stream = await chat.transport().sendMessages({ ...sent, chatId: 'gone', abortSignal: undefined });
    chat.forget();
    await expect(read(stream)).rejects.toMatchObject({ code: 'stream-not-found', status: 404 });
  });

  it('that is sent twice under one key has one answer, and another user has another one', async () => {
    await using chat = await serveChat();
    const send = (user: string): Promise<Response> =>
      fetch(`${chat.origin}/api/chat`, {
        method: 'POST',
        headers: { 'idempotency-key': 'k', 'x-user': user },
        body: JSON.stringify({ id: 'c', messages }),
      });
    const texts = await Promise.all(['ada', 'ada', 'eve'].map(async (user) => (await send(user)).text()));
    expect(chat.emulator.requests).toHaveLength(2);
    expect(texts[1]).toBe(texts[0]);
    expect(texts[2]).not.toBe(texts[0]);
    const other = await fetch(`${chat.origin}/api/chat/c/stream`, { headers: { 'x-user': 'mallory' } });
    expect(other.status).toBe(204);
  });

  it('that cannot be read or is too long is refused', async () => {
    await using chat = await serveChat();
    for (const body of ['', 'no JSON', '{"id":1}', 'null']) {
      expect((await fetch(`${chat.origin}/api/chat`, { method: 'POST', body })).status).toBe(400);
    }
    expect(chat.emulator.requests).toHaveLength(0);
  });
});

describe('a chat', () => {
  it('is resumed from the first chunk while its answer runs, and not after it', async () => {
    await using chat = await serveChat({ pace: { tokensPerSecond: 40, burst: 1 } });
    const transport = chat.transport();
    const left = new AbortController();
    const own = await chat.transport({ stopOnAbort: false }).sendMessages({ ...sent, abortSignal: left.signal });
    const reader = own.getReader();
    await reader.read();
    left.abort();
    await expect(reader.read()).rejects.toMatchObject({ name: 'AbortError' });
    const resumed = await read(await transport.reconnectToStream({ chatId: 'c/1' }));
    expect(resumed[0]).toMatchObject({ type: 'start' });
    expect(textOf(resumed)).toBe(counted);
    expect(await transport.reconnectToStream({ chatId: 'c/1' })).toBeNull();
    expect(await transport.reconnectToStream({ chatId: 'other' })).toBeNull();
    expect(transport.resumeStreamIsReplay).toBe(true);
  });

  it('stops the model when its signal is aborted, and asks nothing after that', async () => {
    await using chat = await serveChat({ pace: { tokensPerSecond: 10, burst: 1 } });
    const stopped = new AbortController();
    const stream = await chat.transport().sendMessages({ ...sent, abortSignal: stopped.signal });
    const reader = stream.getReader();
    await reader.read();
    stopped.abort();
    await expect(reader.read()).rejects.toMatchObject({ name: 'AbortError' });
    const [request] = await chat.emulator.whenReceived(1);
    expect((await chat.emulator.whenClosed(request?.id ?? '')).closedBy).toBe('client');
    await pause(50);
    expect(chat.requests.map(({ method }) => method)).toEqual(['POST', 'DELETE']);
  });

  it('stops nothing if a resume is aborted before it was answered, as in strict mode', async () => {
    await using chat = await serveChat({ pace: { tokensPerSecond: 40, burst: 1 } });
    const transport = chat.transport();
    const reading = read(await transport.sendMessages({ ...sent, abortSignal: undefined }));
    const unmounted = new AbortController();
    const resumed = transport.reconnectToStream({ chatId: 'c/1', abortSignal: unmounted.signal });
    unmounted.abort();
    await expect(resumed).rejects.toMatchObject({ name: 'AbortError' });
    expect(textOf(await reading)).toBe(counted);
    expect(chat.requests.map(({ method }) => method)).not.toContain('DELETE');
  });

  it('says that an answer was stopped elsewhere', async () => {
    await using chat = await serveChat({ pace: { tokensPerSecond: 10, burst: 1 } });
    const transport = chat.transport();
    const reading = read(await transport.sendMessages({ ...sent, abortSignal: undefined }));
    await chat.transport().stop('c/1');
    expect((await reading).at(-1)).toEqual({ type: 'abort' });
  });

  it('gives up with an error that useChat takes for a lost connection', async () => {
    await using chat = await serveChat({}, [3, 0, 0]);
    const transport = chat.transport({ reconnect: { maxAttempts: 1, baseDelayMs: 0, maxDelayMs: 0 } });
    const stream = await transport.sendMessages({ ...sent, abortSignal: undefined });
    await expect(read(stream)).rejects.toMatchObject({
      name: 'TypeError',
      message: expect.stringContaining('network') as string,
      cause: { code: 'connection-lost' },
    });
    const off = chat.transport({ reconnect: false, api: 'http://127.0.0.1:1/' });
    await expect(off.sendMessages({ ...sent, abortSignal: undefined })).rejects.toThrow('network');
  });

  it('rejects a message that the server refuses, with its status', async () => {
    await using chat = await serveChat();
    const transport = chat.transport({ api: `${chat.origin}/api/chat`, body: () => ({ messages: 1 }) });
    const refused = transport.sendMessages({ ...sent, messages: 1 as never, abortSignal: undefined });
    await expect(refused).rejects.toMatchObject({ status: 400 });
    expect(chat.requests).toHaveLength(1);
  });

  it('asks for the headers before each request, and stops without them never as a rejection', async () => {
    await using chat = await serveChat({}, [3]);
    let count = 0;
    const headers = (): Record<string, string> => ({ authorization: `Bearer ${(count += 1)}` });
    const chunks = await read(await chat.transport({ headers }).sendMessages({ ...sent, abortSignal: undefined }));
    expect(textOf(chunks)).toBe(counted);
    expect(chat.requests.map(({ headers: { authorization } }) => authorization)).toEqual(['Bearer 1', 'Bearer 2']);
    const withoutToken = chat.transport({ headers: () => Promise.reject(new Error('signed out')) });
    await expect(withoutToken.stop('c/1')).resolves.toBeUndefined();
    expect(chat.requests).toHaveLength(2);
  });

  it.for<[options: object, message: string]>([
    [{ streamUrls: () => '/' }, 'streamUrls: unknown option, did you mean streamUrl?'],
    [{ reconnect: { maxAttempt: 1 } }, 'reconnect.maxAttempt: unknown option, did you mean reconnect.maxAttempts?'],
    [{ reconnect: { maxDelayMs: -1 } }, 'reconnect.maxDelayMs: expected a positive number, got -1'],
    [{ fetch: 1 }, 'fetch: expected a function, got 1'],
  ])('refuses the options %j', ([options, message]) => {
    expect(() => createChatTransport(options)).toThrow(new TypeError(message));
  });

  it('sends headers and a body of its own', async () => {
    await using chat = await serveChat();
    const transport = chat.transport({ headers: async () => ({ 'x-user': 'bob' }), body: { more: true } });
    await read(
      await transport.sendMessages({ ...sent, abortSignal: undefined, headers: { 'x-own': 'yes' }, body: { and: 1 } }),
    );
    expect(chat.requests[0]?.headers).toMatchObject({ 'x-user': 'bob', 'x-own': 'yes' });
    expect(chat.requests[0]?.headers['idempotency-key']).toMatch(/^[\da-f]{32}$/);
  });
});

it('messages of a page become contents, with calls, results, files and signatures', () => {
  const metadata = { google: { thoughtSignature: 'sig' } };
  const chat = [
    { id: '0', role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
    {
      id: '1',
      role: 'user',
      parts: [
        { type: 'text', text: 'Look.' },
        { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,eA==' },
        { type: 'file', mediaType: 'application/pdf', url: 'https://example.com/a.pdf' },
      ],
    },
    {
      id: '2',
      role: 'assistant',
      parts: [
        { type: 'step-start' },
        { type: 'reasoning', text: 'Hm.', providerMetadata: metadata },
        {
          type: 'dynamic-tool',
          toolName: 'add',
          toolCallId: 'a',
          state: 'output-available',
          input: { a: 1 },
          output: 2,
          callProviderMetadata: metadata,
        },
        { type: 'tool-fail', toolCallId: 'b', state: 'output-error', input: {}, errorText: 'no' },
        { type: 'tool-cut', toolCallId: 'c', state: 'input-streaming', input: {} },
        { type: 'step-start' },
        { type: 'text', text: 'Two.' },
        { type: 'source-url', sourceId: 's', url: 'https://example.com' },
      ],
    },
  ] as unknown as UIMessage[];
  expect(toGeminiContents(chat)).toEqual({
    systemInstruction: 'Be brief.',
    contents: [
      {
        role: 'user',
        parts: [
          { text: 'Look.' },
          { inlineData: { mimeType: 'image/png', data: 'eA==' } },
          { fileData: { mimeType: 'application/pdf', fileUri: 'https://example.com/a.pdf' } },
        ],
      },
      {
        role: 'model',
        parts: [
          { text: 'Hm.', thought: true, thoughtSignature: 'sig' },
          { functionCall: { id: 'a', name: 'add', args: { a: 1 } }, thoughtSignature: 'sig' },
          { functionCall: { id: 'b', name: 'fail', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'a', name: 'add', response: { output: 2 } } },
          { functionResponse: { id: 'b', name: 'fail', response: { error: 'no' } } },
        ],
      },
      { role: 'model', parts: [{ text: 'Two.' }] },
    ],
  });
});

it('messages of a page become contents, however many parts they have', () => {
  const parts = Array.from({ length: 200_000 }, () => [{ type: 'step-start' }, { type: 'text', text: 'a' }]).flat();
  const { contents } = toGeminiContents([{ id: '1', role: 'assistant', parts: parts as UIMessage['parts'] }]);
  expect(contents).toHaveLength(200_000);
});
