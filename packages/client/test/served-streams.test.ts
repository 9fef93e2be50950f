import { createGemini, tool, type Gemini, type ServedEvents } from '@gemini/client';
import { pipeSse, toSseResponse } from '@gemini/client/sse';
import { createEmulator, type EmulatorOptions } from '@gemini/emulator';
import { toSseResponse as toManagedResponse } from '@gemini/stream-manager/sse';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { body, chunk } from './chunks.ts';
import { waitFor } from './wait-for.ts';

interface Frame {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

function framesOf(text: string): Frame[] {
  return text.split('\n\n').flatMap((block) => {
    const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
    const data = fields.get('data');
    if (data === undefined) return [];
    return [{ id: fields.get('id'), event: fields.get('event') ?? 'message', data: JSON.parse(data) as Frame['data'] }];
  });
}

/** Serves the streams of a client over a socket: `/ID`, and the kinds to include as the query. */
async function serve(gemini: Gemini) {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    const include = url.searchParams.getAll('include') as ServedEvents[];
    pipeSse(gemini, url.pathname.slice(1), { request, response, include }).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    follow: async (id: string, query = '', lastEventId?: string) => {
      const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
      const response = await fetch(`${url}/${id}${query}`, { headers });
      return { status: response.status, frames: framesOf(await response.text()) };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function served(options: EmulatorOptions, query = '') {
  await using emulator = await createEmulator(options);
  const gemini = createGemini({ baseUrl: emulator.url, retry: { maxAttempts: 2, baseDelayMs: 1 } });
  await using server = await serve(gemini);
  const { frames } = await server.follow(gemini.startStream('hi'), query);
  return { frames, end: frames.at(-1)?.data };
}

const stop = { finishReason: 'STOP' };
const everything = [
  chunk([{ text: 'Hm.', thought: true }]),
  {
    ...chunk([{ text: 'a' }, { functionCall: { name: 'f', args: { secret: 1 } } }]),
    usageMetadata: { totalTokenCount: 3 },
  },
  chunk([
    { inlineData: { mimeType: 'image/png', data: 'eA==' } },
    { executableCode: { language: 'PYTHON', code: '1' } },
  ]),
  chunk([{ text: 'b' }], { ...stop, groundingMetadata: { webSearchQueries: ['q'] } }),
];

describe('a served stream', () => {
  it('has text, and the outcome as its end', async () => {
    const { frames } = await served({ recording: { body: body(...everything) } });
    expect(frames.map(({ event, data }) => [event, data])).toEqual([
      ['message', { type: 'text-delta', text: 'a', candidate: 0 }],
      ['message', { type: 'text-delta', text: 'b', candidate: 0 }],
      ['end', { status: 'completed', finishReason: 'STOP', usage: { totalTokenCount: 3 } }],
    ]);
  });

  it.for<[include: ServedEvents, types: readonly string[]]>([
    ['thoughts', ['thought-delta']],
    ['calls', ['function-call-start', 'function-call-end']],
    ['usage', ['usage']],
    ['grounding', ['grounding']],
    ['media', ['inline-data']],
    ['code', ['executable-code']],
    ['attempts', ['start']],
  ])('has %s only by name', async ([include, types]) => {
    const { frames } = await served({ recording: { body: body(...everything) } }, `?include=${include}`);
    const named = frames.map(({ data }) => data['type']).filter((type) => type !== 'text-delta' && type !== undefined);
    expect(named).toEqual(types);
  });

  it.for<[name: string, options: EmulatorOptions, end: object]>([
    [
      'a blocked prompt',
      { script: [{ reply: { blockReason: 'SAFETY' } }] },
      { status: 'blocked', blockReason: 'SAFETY' },
    ],
    [
      'a refused answer',
      { script: [{ reply: { text: 'a', finishReason: 'SAFETY' } }] },
      { status: 'blocked', finishReason: 'SAFETY' },
    ],
    [
      'the limit of tokens',
      { script: [{ reply: { text: 'a', finishReason: 'MAX_TOKENS' } }] },
      { status: 'completed', finishReason: 'MAX_TOKENS' },
    ],
    [
      'a cut answer',
      { recording: { body: body(chunk([{ text: 'a' }])) } },
      { status: 'truncated', error: { code: 'truncated' } },
    ],
    [
      'an error',
      { script: [{ reply: { error: { status: 'INVALID_ARGUMENT', message: 'secret' } } }] },
      { status: 'failed', error: { code: 'api-error', status: 400 } },
    ],
    [
      'an empty answer',
      { script: [{ reply: { text: '' } }] },
      { status: 'failed', finishReason: 'STOP', error: { code: 'empty-answer' } },
    ],
  ])('ends with the outcome, and without any message: %s', async ([, options, expected]) => {
    const { end } = await served(options);
    const { usage: _, ...facts } = end ?? {};
    expect(facts).toEqual(expected);
  });

  it('never has the arguments and the result of a function, unless they are named', async () => {
    const script = [
      { reply: { functionCalls: [{ name: 'f', args: { a: 'arg-1' } }] }, times: 1 },
      { reply: { text: 'done' } },
    ];
    await using emulator = await createEmulator({ script });
    const gemini = createGemini({ baseUrl: emulator.url });
    await using server = await serve(gemini);
    const f = tool({ name: 'f', execute: () => ({ row: 'result-1' }) });
    const id = gemini.startStream('hi', { tools: [f] });
    expect(JSON.stringify(await server.follow(id))).not.toMatch(/arg-1|result-1/);
    expect(JSON.stringify(await server.follow(id, '?include=calls'))).toMatch(/arg-1/);
    expect(JSON.stringify(await server.follow(id, '?include=results'))).toMatch(/result-1/);
  });

  it('has a discard before the text of a restarted answer', async () => {
    const cut = { reply: { chunks: [chunk([{ text: 'lost' }]) as never] }, times: 1 };
    await using emulator = await createEmulator({ script: [cut, { reply: { text: 'new' } }] });
    const gemini = createGemini({ baseUrl: emulator.url, retry: { maxAttempts: 2, baseDelayMs: 1 } });
    await using server = await serve(gemini);
    const { frames } = await server.follow(gemini.startStream('hi', { restart: true }));
    expect(frames.map(({ event, data }) => data['text'] ?? data['type'] ?? event)).toEqual([
      'lost',
      'discard',
      'new',
      'end',
    ]);
  });

  it('continues after the last id, is 204 for a reader that has the end, and 404 for an unknown id', async () => {
    await using emulator = await createEmulator({ recording: { body: body(...everything) } });
    const gemini = createGemini({ baseUrl: emulator.url });
    await using server = await serve(gemini);
    const id = gemini.startStream('hi');
    const { frames } = await server.follow(id);
    expect((await server.follow(id, '', frames[0]?.id)).frames).toEqual(frames.slice(1));
    expect((await server.follow(id, '', frames.at(-1)?.id)).status).toBe(204);
    expect((await server.follow('unknown')).status).toBe(404);
    const response = await toSseResponse(gemini, id);
    expect(framesOf(await response.text())).toEqual(frames);
    expect((await toSseResponse(gemini, 'unknown')).status).toBe(404);
  });

  it('misuse throws a TypeError that names the right call', async () => {
    await using emulator = await createEmulator();
    const gemini = createGemini({ baseUrl: emulator.url });
    const stream = gemini.stream('hi');
    await expect(toSseResponse(stream as never, stream.id)).rejects.toThrow(
      'gemini: expected the client that createGemini() returned',
    );
    await expect(toSseResponse(gemini, stream as never)).rejects.toThrow(
      'id: expected the id that startStream() returned',
    );
    await expect(toSseResponse(gemini, 'a', { include: ['thougts' as never] })).rejects.toThrow(
      'did you mean include.thoughts?',
    );
    await expect(toSseResponse(gemini, 'a', { inclde: [] } as never)).rejects.toThrow('unknown option inclde');
    expect(() => toManagedResponse(stream as never)).toThrow('a stream with a toResponse() of its own');
    stream.stop();
  });
});

describe('toResponse', () => {
  it('as text has the answer text, in pieces as it is generated', async () => {
    await using emulator = await createEmulator({ script: [{ reply: { text: ['Tides ', 'follow.'] } }] });
    const response = createGemini({ baseUrl: emulator.url }).stream('hi').toResponse({ as: 'text' });
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).toBe('Tides follow.');
  });

  it.for<[name: string, options: EmulatorOptions, code: string]>([
    ['is blocked', { script: [{ reply: { text: 'a', finishReason: 'SAFETY' } }] }, 'blocked'],
    ['is cut', { recording: { body: body(chunk([{ text: 'a' }])) } }, 'truncated'],
    ['is empty', { script: [{ reply: { text: '' } }] }, 'empty-answer'],
  ])('as text fails if the answer %s', async ([, options, code]) => {
    await using emulator = await createEmulator(options);
    const stream = createGemini({ baseUrl: emulator.url, retry: false }).stream('hi');
    await expect(stream.toResponse({ as: 'text' }).text()).rejects.toMatchObject({ code });
  });

  it('as text fails if the stream is stopped', async () => {
    await using emulator = await createEmulator({ scenario: 'silence-after-content' });
    const stream = createGemini({ baseUrl: emulator.url }).stream('hi');
    const reader = stream.toResponse({ as: 'text' }).body?.getReader();
    await reader?.read();
    const rest = (async () => {
      for (;;) if ((await reader?.read())?.done === true) return 'closed';
    })();
    stream.stop();
    await expect(rest).rejects.toMatchObject({ code: 'stopped' });
  });

  it('as server-sent events ends with the outcome', async () => {
    await using emulator = await createEmulator({ recording: { body: body(...everything) } });
    const stream = createGemini({ baseUrl: emulator.url }).stream('hi');
    const response = stream.toResponse({ as: 'sse', include: ['thoughts'], headers: { 'x-own': '1' } });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('x-own')).toBe('1');
    const types = framesOf(await response.text()).map(({ event, data }) => data['type'] ?? event);
    expect(types).toEqual(['thought-delta', 'text-delta', 'text-delta', 'end']);
    expect((await stream.outcome).status).toBe('completed');
  });

  it('as server-sent events sends comments while the model is silent', async () => {
    await using emulator = await createEmulator({ scenario: 'silence-after-content' });
    await using stream = createGemini({ baseUrl: emulator.url }).stream('hi');
    const reader = stream.toResponse({ as: 'sse', keepAliveMs: 20 }).body?.getReader();
    let text = '';
    // Three comments after the last event, and the connection is still open.
    while (!/\n\n(?::.*\n\n){3}$/.test(text)) text += new TextDecoder().decode((await reader?.read())?.value);
    expect(text).toContain('text-delta');
    await reader?.cancel();
  });

  it.for(['text', 'sse'] as const)(
    'as %s stops the stream and closes the socket when the body is cancelled',
    async (as) => {
      await using emulator = await createEmulator({ scenario: 'silence-after-content' });
      const stream = createGemini({ baseUrl: emulator.url }).stream('hi');
      const reader = stream.toResponse({ as }).body?.getReader();
      let text = '';
      // The first frame of server-sent events is a comment.
      while (!/[a-z]{2} /.test(text)) text += new TextDecoder().decode((await reader?.read())?.value);
      await reader?.cancel();
      expect((await stream.outcome).status).toBe('stopped');
      await waitFor(() => emulator.requests[0]?.closedBy === 'client');
    },
  );

  it('refuses an unknown form, an unknown option, and text that could be taken back', async () => {
    await using emulator = await createEmulator();
    const gemini = createGemini({ baseUrl: emulator.url });
    await using stream = gemini.stream('hi');
    expect(() => stream.toResponse({ as: 'json' as never })).toThrow("as: expected 'text' or 'sse', got json");
    expect(() => stream.toResponse(undefined as never)).toThrow("as: expected 'text' or 'sse', got undefined");
    expect(() => stream.toResponse({ as: 'sse', includes: [] } as never)).toThrow('did you mean include?');
    expect(() => stream.toResponse({ as: 'sse', keepAliveMs: 0 })).toThrow('keepAliveMs');
    expect(() => stream.toResponse({ as: 'text', keepAliveMs: 1_000 })).toThrow('keepAliveMs: a body of text');
    expect(() => stream.toResponse({ as: 'text', include: ['usage'] })).toThrow('include: a body of text');
    await using restarting = gemini.stream('hi', { restart: true });
    expect(() => restarting.toResponse({ as: 'text' })).toThrow('expected a stream without restart: true');
  });
});
