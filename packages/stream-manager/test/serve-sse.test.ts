import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseSse, type SseEvent } from '@gemini/sse-parser';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStreamManager, type StreamManagerOptions } from '../src/index.ts';
import { pipeSse, toSseResponse, type SseOptions } from '../src/sse.ts';
import { manualSource } from './manual-source.ts';
import { readAll } from './read-all.ts';

interface Message {
  readonly text: string;
}

const start = (options: StreamManagerOptions<Message> = {}) => {
  const manual = manualSource<Message, string>();
  const manager = createStreamManager<Message, string>(options);
  return { manual, manager, stream: manager.start(manual) };
};

const bodyOf = (response: Response): ReadableStream<Uint8Array> => {
  if (response.body === null) throw new Error('the response has no body');
  return response.body;
};
/** Reads the opening comment, with which the response subscribes. */
const readOpening = async (response: Response): Promise<void> => {
  const reader = bodyOf(response).getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe(': open\n\n');
  reader.releaseLock();
};
const eventsOf = (response: Response): Promise<SseEvent[]> => readAll(parseSse(bodyOf(response)));

describe('a response', () => {
  it('carries every event with its position as id, and ends with a frame named end', async () => {
    const { manual, stream } = start();
    const response = toSseResponse(stream);
    manual.sink.push({ text: 'a\nb' });
    manual.sink.push({ text: 'c' });
    manual.sink.end('secret result');
    const epoch = stream.info().oldest?.split('-')[0];
    expect(response.status).toBe(200);
    expect(await eventsOf(response)).toEqual([
      { data: '{"text":"a\\nb"}', id: `${epoch}-0` },
      { data: '{"text":"c"}', id: `${epoch}-1` },
      { event: 'end', data: '{"status":"completed","eventsCount":2}', id: `${epoch}-2` },
    ]);
  });

  it('has headers that turn off buffering in proxies', () => {
    const { headers } = toSseResponse(start().stream, { headers: { 'Access-Control-Allow-Origin': '*' } });
    expect(Object.fromEntries(headers)).toEqual({
      'access-control-allow-origin': '*',
      'cache-control': 'no-cache, no-transform',
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    });
  });

  it('sends a comment at once, also while the stream is queued', async () => {
    const { manager } = start({ maxStreams: 1 });
    const queued = manager.start(manualSource<Message, string>());
    expect(queued.info().status).toBe('queued');
    const reader = bodyOf(toSseResponse(queued, { retryMs: 500 })).getReader();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toBe(': open\nretry: 500\n\n');
    await reader.cancel();
    expect(queued.info().subscribersCount).toBe(0);
  });

  it('continues after the id the reader holds', async () => {
    const { manual, stream } = start();
    for (const text of ['a', 'b', 'c']) manual.sink.push({ text });
    manual.sink.end('');
    const all = await eventsOf(toSseResponse(stream, { lastEventId: '' }));
    const rest = await eventsOf(toSseResponse(stream, { lastEventId: all[0]?.id }));
    expect(rest).toEqual(all.slice(1));
    const end = await eventsOf(toSseResponse(stream, { lastEventId: all[2]?.id }));
    expect(end.map(({ event }) => event)).toEqual(['end']);
  });

  it('is 204 for a reader that has the end, 404 for no stream, 410 for lost history', async () => {
    const { manual, stream } = start({ maxHistoryBytes: 1 });
    for (const text of ['a', 'b', 'c']) manual.sink.push({ text });
    manual.sink.end('');
    const headers = { 'access-control-allow-origin': '*' };
    const answer = async (response: Response) => [
      response.status,
      response.headers.get('access-control-allow-origin'),
      await response.text(),
    ];
    const { oldest, endPosition } = stream.info();
    expect(await answer(toSseResponse(stream, { lastEventId: endPosition, headers }))).toEqual([204, '*', '']);
    expect(await answer(toSseResponse(undefined, { headers }))).toEqual([
      404,
      '*',
      '{"error":{"code":"stream-not-found"}}',
    ]);
    const lost = `{"error":{"code":"history-lost","oldest":"${oldest}"}}`;
    for (const lastEventId of [undefined, oldest?.replace(/-2$/, '-0'), '1-1', 'anything']) {
      expect(await answer(toSseResponse(stream, { lastEventId, headers }))).toEqual([410, '*', lost]);
    }
    expect(stream.info().subscribersCount).toBe(0);
  });

  it('begins with a gap on request', async () => {
    const { manual, stream } = start({ maxHistoryBytes: 1 });
    for (const text of ['a', 'b', 'c']) manual.sink.push({ text });
    manual.sink.end('');
    const [gap, rest] = await eventsOf(toSseResponse(stream, { onHistoryLost: 'gap' }));
    expect(gap).toMatchObject({ event: 'gap', data: expect.stringContaining('"from"') });
    expect(rest).toMatchObject({ data: '{"text":"c"}' });
  });

  it.for<[string, SseOptions<Message>['encode'], object[]]>([
    ['text', ({ text }) => text, [{ data: 'a' }, { data: 'b' }]],
    [
      'named',
      ({ text }) => ({ event: 'message-part', data: text }),
      [{ event: 'message-part', data: 'a' }, { data: 'b' }],
    ],
    ['filtered', ({ text }) => (text === 'a' ? undefined : text), [{ data: 'b' }]],
  ])('encodes events as %s', async ([, encode, expected]) => {
    const { manual, stream } = start();
    const response = toSseResponse(stream, { encode, encodeEnd: ({ result }) => `it was ${result}` });
    for (const text of ['a', 'b']) manual.sink.push({ text });
    manual.sink.end('all');
    expect(await eventsOf(response)).toMatchObject([...expected, { event: 'end', data: 'it was all' }]);
  });

  it.for(['open', 'error', 'end', 'gap'])('never names a frame %s after an event', async (event) => {
    const { manual, stream } = start();
    const response = toSseResponse(stream, { encode: ({ text }) => ({ event, data: text }) });
    manual.sink.push({ text: 'a' });
    await expect(eventsOf(response)).rejects.toThrow('expected an event name other than');
    expect(stream.info()).toMatchObject({ status: 'active', subscribersCount: 0 });
  });

  it('encodes each event once for all its readers', async () => {
    const { manual, stream } = start();
    const encode = vi.fn<(message: Message) => string>(({ text }) => text);
    const early = Array.from({ length: 20 }, () => eventsOf(toSseResponse(stream, { encode })));
    for (const text of ['a', 'b', 'c']) manual.sink.push({ text });
    const late = Array.from({ length: 20 }, () => eventsOf(toSseResponse(stream, { encode })));
    manual.sink.end('');
    for (const events of await Promise.all([...early, ...late])) expect(events).toHaveLength(4);
    expect(encode).toHaveBeenCalledTimes(3);
  });

  it('sends only the name and code of an error', async () => {
    const { manual, stream } = start();
    const response = toSseResponse(stream);
    manual.sink.fail(Object.assign(new Error('the prompt was …'), { code: 'upstream-broke' }));
    const [end] = await eventsOf(response);
    expect(JSON.parse(end?.data ?? '')).toEqual({
      status: 'failed',
      eventsCount: 0,
      error: { name: 'Error', code: 'upstream-broke' },
    });
  });

  it('is as slow as its reader, and keeps the rest in the log', async () => {
    const { manual, stream } = start({ maxLagEvents: 4 });
    const response = toSseResponse(stream, { onSlow: 'pause' });
    await readOpening(response);
    const text = 'x'.repeat(40_000);
    const answers = Array.from({ length: 10 }, () => manual.sink.push({ text }));
    expect(answers).toContain(false);
    expect(stream.info().paused).toBe(true);
    manual.sink.end('');
    expect(await eventsOf(response)).toHaveLength(11);
  });

  it('subscribes to nothing if it is never read, so that its stream can stop', async () => {
    vi.useFakeTimers();
    const { stream } = start({ lingerMs: 1_000 });
    const response = toSseResponse(stream);
    expect(response.status).toBe(200);
    expect(stream.info().subscribersCount).toBe(0);
    vi.advanceTimersByTime(1_000);
    vi.useRealTimers();
    expect(stream.info()).toMatchObject({ status: 'stopped', reason: 'no-subscribers' });
    expect(await eventsOf(response)).toMatchObject([{ event: 'end' }]);
  });

  it('fails if it is read after its history was trimmed', async () => {
    const { manual, stream } = start({ maxHistoryBytes: 1 });
    manual.sink.push({ text: 'a' });
    const response = toSseResponse(stream);
    manual.sink.push({ text: 'b' });
    await expect(eventsOf(response)).rejects.toMatchObject({ code: 'history-lost' });
    expect(stream.info().subscribersCount).toBe(0);
  });

  it('breaks off, without an end, for a reader that is too slow', async () => {
    const { manual, stream } = start({ maxLagEvents: 4, lingerMs: Infinity });
    const response = toSseResponse(stream, { onSlow: 'disconnect' });
    await readOpening(response);
    for (let count = 0; count < 10; count += 1) manual.sink.push({ text: 'x'.repeat(40_000) });
    await expect(eventsOf(response)).rejects.toMatchObject({ code: 'slow-subscriber' });
    expect(stream.info().subscribersCount).toBe(0);
  });
});

describe('silence', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('ends with a comment after each keepAliveMs since the last frame', async () => {
    const { manual, stream } = start({ lingerMs: Infinity });
    const reader = bodyOf(toSseResponse(stream, { keepAliveMs: 100 })).getReader();
    const read = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value);
    expect(await read()).toBe(': open\n\n');
    vi.advanceTimersByTime(60);
    manual.sink.push({ text: 'a' });
    expect(await read()).toContain('data');
    const next = read();
    vi.advanceTimersByTime(99);
    manual.sink.push({ text: 'b' });
    expect(await next).toContain('data');
    const silence = read();
    vi.advanceTimersByTime(100);
    expect(await silence).toBe(': keep-alive\n\n');
    vi.advanceTimersByTime(100);
    expect(await read()).toBe(': keep-alive\n\n');
    await reader.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('a connection that is full is not kept alive with more', async () => {
  vi.useFakeTimers();
  const { manual, stream } = start({ lingerMs: Infinity });
  const response = toSseResponse(stream, { keepAliveMs: 100 });
  await readOpening(response);
  manual.sink.push({ text: 'x'.repeat(70_000) });
  vi.advanceTimersByTime(1_000);
  vi.useRealTimers();
  manual.sink.end('');
  const sent = (await readAll(bodyOf(response).pipeThrough(new TextDecoderStream()))).join('');
  expect(sent).toContain('event: end');
  expect(sent).not.toContain('keep-alive');
});

describe("over Node's http", () => {
  /** Serves whatever the handler pipes, for the time of a test. */
  async function serve(handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>) {
    const handled: Promise<void>[] = [];
    const server = createServer((request, response) => {
      const handling = handle(request, response);
      // Looked at by the test, later.
      handling.catch(() => {});
      handled.push(handling);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      handled,
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }

  it('pipeSse sends the same frames, and continues after Last-Event-ID', async () => {
    const { manual, stream } = start();
    await using server = await serve((request, response) => pipeSse(stream, { request, response }));
    const first = await fetch(server.url);
    expect(first.headers.get('x-accel-buffering')).toBe('no');
    const following = eventsOf(first);
    for (const text of ['a', 'b']) manual.sink.push({ text });
    manual.sink.end('');
    const events = await following;
    expect(events.map(({ data }) => data)).toEqual([
      '{"text":"a"}',
      '{"text":"b"}',
      '{"status":"completed","eventsCount":2}',
    ]);
    const again = (id: string | undefined) => fetch(server.url, { headers: { 'last-event-id': id ?? '' } });
    expect(await eventsOf(await again(events[0]?.id))).toEqual(events.slice(1));
    expect((await again(events[2]?.id)).status).toBe(204);
    expect((await again('1-1')).status).toBe(410);
    await Promise.all(server.handled);
  });

  it('sends headers and a comment before the first event', async () => {
    const { stream } = start();
    await using server = await serve((request, response) => pipeSse(stream, { request, response }));
    const response = await fetch(server.url);
    const { value } = await bodyOf(response).getReader().read();
    expect(new TextDecoder().decode(value)).toBe(': open\n\n');
  });

  it('answers 404 for no stream, and a HEAD without following', async () => {
    const { stream } = start();
    await using server = await serve((request, response) =>
      pipeSse(request.url === '/none' ? undefined : stream, { request, response }),
    );
    expect((await fetch(`${server.url}/none`)).status).toBe(404);
    expect((await fetch(server.url, { method: 'HEAD' })).headers.get('content-type')).toContain('text/event-stream');
    await Promise.all(server.handled);
    expect(stream.info().subscribersCount).toBe(0);
  });

  it('leaves the stream when the reader goes, and the stream stops when it does not linger', async () => {
    const { manual, stream } = start({ lingerMs: 0 });
    await using server = await serve((request, response) => pipeSse(stream, { request, response }));
    const controller = new AbortController();
    await fetch(server.url, { signal: controller.signal });
    controller.abort();
    expect(await stream.ended).toMatchObject({ status: 'stopped', reason: 'no-subscribers' });
    expect(manual.sink.signal.aborted).toBe(true);
    await Promise.all(server.handled);
  });

  it('a full socket is a slow subscriber: it is cut between two frames', async () => {
    const { manual, stream, manager } = start({ maxHistoryBytes: 1_000_000, lingerMs: Infinity });
    await using server = await serve((request, response) => pipeSse(stream, { request, response }));
    const request = get(server.url);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.pause();
    while (stream.info().subscribersCount > 0) {
      for (let count = 0; count < 20; count += 1) manual.sink.push({ text: 'x'.repeat(10_000) });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(manager.stats().detachedSubscribers).toBe(1);
    await Promise.all(server.handled);
    const chunks: Buffer[] = [];
    const cut = await response
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .toArray()
      .catch((error: unknown) => error);
    expect(cut).toMatchObject({ code: 'ECONNRESET' });
    expect(Buffer.concat(chunks).toString()).not.toContain('event: end');
  });

  it('pipeSse does not subscribe for a reader that has left, or a response that has begun', async () => {
    const { stream } = start();
    await using server = await serve(async (request, response) => {
      if (request.url === '/begun') response.writeHead(200);
      else response.destroy();
      await pipeSse(stream, { request, response }).finally(() => response.destroy());
    });
    const outcomes = await Promise.allSettled([fetch(server.url), fetch(`${server.url}/begun`)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const handled = await Promise.allSettled(server.handled);
    expect(handled.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(stream.info().subscribersCount).toBe(0);
  });

  it('writes nothing to a response that was destroyed under it', async () => {
    const { manual, stream } = start();
    await using server = await serve(async (request, response) => {
      const piped = pipeSse(stream, { request, response });
      response.destroy();
      manual.sink.push({ text: 'a' });
      await piped;
    });
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
    await Promise.all(server.handled);
    expect(stream.info()).toMatchObject({ eventsCount: 1, subscribersCount: 0 });
  });

  it('pipeSse refuses an invalid retryMs before it subscribes', async () => {
    const { stream } = start();
    expect(() => toSseResponse(stream, { retryMs: 0.5 })).toThrow(TypeError);
    expect(stream.info().subscribersCount).toBe(0);
  });

  it('rejects when encode throws, and cuts the connection', async () => {
    const { manual, stream } = start();
    const encode = (): string => {
      throw new Error('mine');
    };
    await using server = await serve((request, response) => pipeSse(stream, { request, response, encode }));
    const following = eventsOf(await fetch(server.url));
    const settled = Promise.allSettled([...server.handled, following]);
    manual.sink.push({ text: 'a' });
    const [handled, followed] = await settled;
    expect(handled).toMatchObject({ status: 'rejected', reason: new Error('mine') });
    expect(followed?.status).toBe('rejected');
  });
});
