import { createGemini, GeminiError, type GeminiOptions, type GeminiStreamEvent } from '@gemini/client';
import { createEmulator, type Emulator } from '@gemini/emulator';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { queryObjects } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { body, chunk } from './chunks.ts';
import { waitFor } from './wait-for.ts';

const client = (emulator: Emulator, options: GeminiOptions = {}) =>
  createGemini({ baseUrl: emulator.url, apiKey: 'test-key-1234', ...options });

const slow = { pace: { tokensPerSecond: 2, burst: 1 } };

const collect = async (stream: AsyncIterable<GeminiStreamEvent>): Promise<GeminiStreamEvent[]> => {
  const events: GeminiStreamEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
};

describe('gemini.stream', () => {
  it('the request has the form of the API, with the key in a header', async () => {
    await using emulator = await createEmulator();
    await client(emulator).stream('hi', { model: 'gemini-flash-latest' }).text();
    const [request] = emulator.requests;
    expect(request?.path).toBe('/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse');
    expect(request?.body).toEqual({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] });
    expect(Object.keys(request?.headers ?? {})).toContain('x-goog-api-key');
    expect(request?.headers).toMatchObject({ accept: 'text/event-stream', 'accept-encoding': 'identity' });
  });

  it('a stream emits the answer piece by piece, then the end with the merged response', async () => {
    const recording = {
      body: body(
        chunk([{ text: 'Let me see', thought: true }]),
        chunk([{ text: 'Hello' }]),
        chunk([{ text: ' you' }], { finishReason: 'STOP' }),
      ),
    };
    await using emulator = await createEmulator({ recording });
    const stream = client(emulator).stream('hi');
    const events = await collect(stream);
    expect(events.slice(0, -1)).toEqual([
      { type: 'start', id: stream.id, model: 'gemini-flash-latest', attempt: 1 },
      { type: 'thought-delta', text: 'Let me see', candidate: 0 },
      { type: 'text-delta', text: 'Hello', candidate: 0 },
      { type: 'text-delta', text: ' you', candidate: 0 },
    ]);
    expect(events.at(-1)).toMatchObject({
      type: 'end',
      outcome: {
        status: 'completed',
        text: 'Hello you',
        finishReason: 'STOP',
        endedBy: 'end',
        attempts: 1,
        response: {
          candidates: [
            { content: { role: 'model', parts: [{ text: 'Let me see', thought: true }, { text: 'Hello you' }] } },
          ],
        },
      },
    });
  });

  it('the first text arrives while the server still generates', async () => {
    await using emulator = await createEmulator(slow);
    for await (const text of client(emulator).stream('Count slowly from 1 to 10').textStream) {
      expect(text).not.toBe('');
      expect(emulator.requests[0]?.closedAt).toBeUndefined();
      break;
    }
    await waitFor(() => emulator.requests[0]?.closedAt !== undefined);
    expect(emulator.requests[0]?.closedBy).toBe('client');
  });

  it('each of several readers receives everything', async () => {
    await using emulator = await createEmulator();
    const stream = client(emulator).stream('Tell me about tides');
    const pieces = async (): Promise<string> => {
      let text = '';
      for await (const piece of stream.textStream) text += piece;
      return text;
    };
    const [first, second, text, outcome, response, events] = await Promise.all([
      pieces(),
      pieces(),
      stream.text(),
      stream.outcome,
      stream.response,
      collect(stream),
    ]);
    expect(first.length).toBeGreaterThan(20);
    expect([second, text, outcome.text]).toEqual([first, first, first]);
    expect(response.candidates?.[0]?.content?.parts).toEqual([{ text: first }]);
    expect(events.filter((event) => event.type === 'end')).toHaveLength(1);
  });

  it('the first reader receives the events before it', async () => {
    await using emulator = await createEmulator();
    const stream = client(emulator).stream('hi');
    await waitFor(() => emulator.requests[0]?.closedAt !== undefined);
    const events = await collect(stream);
    expect(events[0]?.type).toBe('start');
    expect(events.at(-1)).toMatchObject({ type: 'end', outcome: { status: 'completed' } });
  });

  it('a stream continues when one reader leaves and stops when the last one leaves', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 100, burst: 1 } });
    const stream = client(emulator).stream('Tell me about tides');
    const staying = stream.textStream[Symbol.asyncIterator]();
    for await (const _text of stream.textStream) break;
    expect((await staying.next()).done).toBe(false);
    expect((await staying.next()).done).toBe(false);
    await staying.return?.();
    expect((await stream.outcome).status).toBe('stopped');
    await waitFor(() => emulator.requests[0]?.closedAt !== undefined);
    expect(emulator.requests[0]?.closedBy).toBe('client');
  });

  it.for(['stop', 'abort', 'dispose'] as const)(
    '%s ends the stream as stopped, with the partial response',
    async (way) => {
      await using emulator = await createEmulator(slow);
      const controller = new AbortController();
      const stream = client(emulator).stream('Count slowly from 1 to 10', { signal: controller.signal });
      const texts: string[] = [];
      for await (const text of stream.textStream) {
        texts.push(text);
        if (texts.length > 1) continue;
        if (way === 'stop') stream.stop('enough');
        else if (way === 'abort') controller.abort();
        else await stream[Symbol.asyncDispose]();
      }
      const outcome = await stream.outcome;
      expect(outcome).toMatchObject({ status: 'stopped', text: texts.join(''), endedBy: 'stop' });
      expect(texts.join('')).not.toBe('');
      await expect(stream.response).rejects.toMatchObject({ code: 'stopped' });
      await waitFor(() => emulator.requests[0]?.closedAt !== undefined);
      expect(emulator.requests[0]?.closedBy).toBe('client');
    },
  );

  it('a stream with an aborted signal sends no request', async () => {
    await using emulator = await createEmulator();
    const stream = client(emulator).stream('hi', { signal: AbortSignal.abort() });
    expect(await stream.outcome).toMatchObject({ status: 'stopped', attempts: 0, text: '' });
    expect(emulator.requests).toEqual([]);
  });

  it('a stream reports a verdict of its delivery and its times in order', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 200, burst: 2 } });
    const stream = client(emulator).stream('Tell me about tides');
    await stream.text();
    // On a busy machine a live stream may arrive in bursts.
    expect(stream.verdict().kind).toMatch(/^(?:live|bursty)$/);
    const { headersMs = 0, firstByteMs = 0, firstTextMs = 0, endedMs = 0 } = stream.timing ?? {};
    const moments = [headersMs, firstByteMs, firstTextMs, endedMs];
    expect(moments).toEqual(moments.toSorted((left, right) => left - right));
    expect(headersMs).toBeGreaterThan(0);
  });

  it('timing has the pauses between pieces, and none for an answer in one piece', async () => {
    await using paced = await createEmulator({ scenario: [{ type: 'pause', beforeEventMs: 30 }] });
    const stream = client(paced).stream('Tell me about tides');
    await stream.text();
    const { gapP50Ms = 0, gapP99Ms = 0 } = stream.timing ?? {};
    expect(gapP50Ms).toBeGreaterThan(20);
    expect(gapP99Ms).toBeGreaterThanOrEqual(gapP50Ms);
    await using single = await createEmulator({
      recording: { body: body(chunk([{ text: 'a' }], { finishReason: 'STOP' })) },
    });
    const short = client(single).stream('hi');
    await short.text();
    expect(short.timing).toMatchObject({ gapP50Ms: undefined, gapP99Ms: undefined });
  });

  it('the members of a stream can be destructured', async () => {
    await using emulator = await createEmulator();
    // oxlint-disable-next-line typescript/unbound-method -- the test destructures on purpose
    const { text, verdict, toReadableStream } = client(emulator).stream('Tell me about tides');
    expect(await text()).not.toBe('');
    expect(verdict().kind).toBeTypeOf('string');
    expect((await collect(toReadableStream())).at(-1)?.type).toBe('end');
    // oxlint-disable-next-line typescript/unbound-method -- as above
    const { stop, outcome } = client(emulator).stream('Tell me about tides');
    stop();
    expect((await outcome).status).toBe('stopped');
  });

  it('the response keeps candidates apart', async () => {
    const recording = {
      body: body(
        chunk([{ text: 'a' }]),
        chunk([{ text: 'x' }], { index: 1 }),
        chunk([{ text: 'b' }], { finishReason: 'STOP' }),
        chunk([{ text: 'y' }], { index: 1, finishReason: 'MAX_TOKENS' }),
      ),
    };
    await using emulator = await createEmulator({ recording });
    const { text, response } = await client(emulator).stream('hi').outcome;
    expect(text).toBe('ab');
    expect(
      response.candidates?.map(({ index, content, finishReason }) => [index, content?.parts, finishReason]),
    ).toEqual([
      [0, [{ text: 'ab' }], 'STOP'],
      [1, [{ text: 'xy' }], 'MAX_TOKENS'],
    ]);
  });

  it('the response keeps a signature on its own part', async () => {
    const parts = [
      { text: 'b', thoughtSignature: 'c2ln' },
      { text: '', thoughtSignature: 'c2lnMg==' },
    ];
    const recording = {
      body: body(chunk([{ text: 'a' }]), chunk(parts), chunk([{ text: 'c' }], { finishReason: 'STOP' })),
    };
    await using emulator = await createEmulator({ recording });
    const { response } = await client(emulator).stream('hi').outcome;
    expect(response.candidates?.[0]?.content?.parts).toEqual([{ text: 'a' }, ...parts, { text: 'c' }]);
  });

  it('a stream emits a complete function call', async () => {
    const functionCall = { id: 'f1', name: 'get_weather', args: { city: 'Oslo' } };
    const recording = { body: body(chunk([{ functionCall }], { finishReason: 'STOP' })) };
    await using emulator = await createEmulator({ recording });
    const events = await collect(client(emulator).stream('hi'));
    expect(events).toContainEqual({ type: 'function-call-end', call: functionCall, candidate: 0 });
  });

  it('a call without a closing piece ends with its answer, unless the answer was cut', async () => {
    const piece = { jsonPath: '$.city', stringValue: 'Oslo', willContinue: true };
    const parts = [
      { functionCall: { name: 'get_weather', willContinue: true } },
      { functionCall: { partialArgs: [piece], willContinue: true } },
    ];
    const told = async (finish: object): Promise<string[]> => {
      const recording = {
        body: body(...parts.map((part) => chunk([part])), { candidates: [{ index: 0, ...finish }] }),
      };
      await using emulator = await createEmulator({ recording });
      const stream = client(emulator).stream('hi');
      const types: string[] = [];
      try {
        for await (const { type } of stream) types.push(type);
      } catch {
        // The loop of a cut answer throws after the end event.
      }
      return types;
    };
    const begun = ['start', 'function-call-start', 'function-call-delta'];
    expect(await told({ finishReason: 'STOP' })).toEqual([...begun, 'function-call-end', 'end']);
    expect(await told({})).toEqual([...begun, 'end']);
  });

  it('a stream reads a payload whose events are larger than the history', async () => {
    const image = { inlineData: { mimeType: 'image/png', data: 'A'.repeat(1_000_000) } };
    const recording = { body: body(chunk([image, image, image, image], { finishReason: 'STOP' })) };
    await using emulator = await createEmulator({ recording });
    const events = await collect(client(emulator, { manager: { maxHistoryBytes: 100_000 } }).stream('hi'));
    const images = Array.from({ length: 4 }, () => 'inline-data');
    expect(events.map(({ type }) => type)).toEqual(['start', ...images, 'end']);
  });

  it('textStream retains none of the events that it skips', async () => {
    const thoughtsCount = 20_000;
    const thought = chunk([{ text: 'x', thought: true }]);
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(body(...Array.from({ length: thoughtsCount }, () => thought)));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const gemini = createGemini({ baseUrl: `http://127.0.0.1:${port}` });
    const stream = gemini.stream('hi', { keepContent: false });
    const promisesBefore = queryObjects(Promise, { format: 'count' });
    const waiting = stream.textStream[Symbol.asyncIterator]().next();
    await waitFor(() => (gemini.streams.get(stream.id)?.info().eventsCount ?? 0) > thoughtsCount);
    await new Promise(setImmediate);
    expect(queryObjects(Promise, { format: 'count' }) - promisesBefore).toBeLessThan(thoughtsCount / 10);
    stream.stop();
    expect(await waiting).toEqual({ done: true, value: undefined });
    server.closeAllConnections();
    server.close();
  });

  it('a loop that paused too long and lost events throws', async () => {
    await using emulator = await createEmulator({ scenario: 'flood-of-events' });
    const gemini = client(emulator, { manager: { maxPauseMs: 1, maxLagEvents: 2 } });
    const stream = gemini.stream('hi');
    const ended = gemini.streams.get(stream.id)?.ended;
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    // The only reader is gone, and with it the stream.
    expect(await ended).toMatchObject({ status: 'stopped', reason: 'left' });
    await expect(iterator.next()).rejects.toMatchObject({ name: 'StreamManagerError', code: 'slow-subscriber' });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('toReadableStream returns the events as a web stream', async () => {
    await using emulator = await createEmulator();
    const events: GeminiStreamEvent[] = [];
    for await (const event of client(emulator).stream('hi').toReadableStream()) events.push(event);
    expect(events.at(-1)?.type).toBe('end');
  });

  it('a key function is called before the attempt', async () => {
    await using emulator = await createEmulator({ apiKey: { accepted: ['from-a-function'], required: true } });
    const gemini = client(emulator, { apiKey: async () => 'from-a-function' });
    expect((await gemini.stream('hi').outcome).status).toBe('completed');
  });

  it.for([
    ['', 'prompt'],
    [{}, 'contents'],
    [null, 'got null'],
  ] as const)('stream() refuses %j as an input', ([input, message]) => {
    const gemini = createGemini({ baseUrl: 'http://127.0.0.1:1' });
    expect(() => gemini.stream(input as string)).toThrow(TypeError);
    expect(() => gemini.stream(input as string)).toThrow(message);
  });

  it.for(['../secrets', 'models/../x', 'a b', 'models/..'])('stream() refuses %j as a model', (model) => {
    expect(() => createGemini({ baseUrl: 'http://127.0.0.1:1', model }).stream('hi')).toThrow(TypeError);
  });

  it('the loop of a failed answer throws a GeminiError after the end event', async () => {
    await using emulator = await createEmulator();
    const events: GeminiStreamEvent[] = [];
    const reading = (async () => {
      for await (const event of client(emulator, { apiKey: 'bad-key' }).stream('hi')) events.push(event);
    })();
    await expect(reading).rejects.toBeInstanceOf(GeminiError);
    expect(events.map((event) => event.type)).toEqual(['end']);
  });
});
