import { followStream, type FollowOptions, type ServedEvent, StreamFollowError } from '@gemini/browser';
import { createStreamManager } from '@gemini/stream-manager';
import { pipeSse } from '@gemini/stream-manager/sse';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { collect, discardFrame, endFrame, sendFrames, serve, textFrame } from './stream-server.ts';

const soon: FollowOptions = { reconnect: { baseDelayMs: 0, maxDelayMs: 0 } };

describe('followStream', () => {
  it('yields the events, the text and the outcome of one stream, to every reader', async () => {
    await using server = await serve((_, response) =>
      sendFrames(response, textFrame(1, 'a'), textFrame(2, 'b'), endFrame(3)),
    );
    const stream = followStream(server.url);
    const [events, texts, text] = await Promise.all([collect(stream), collect(stream.textStream), stream.text()]);
    expect(events.map(({ type }) => type)).toEqual(['text-delta', 'text-delta']);
    expect(texts).toEqual(['a', 'b']);
    expect(text).toBe('ab');
    expect(await stream.outcome).toMatchObject({
      status: 'completed',
      finishReason: 'STOP',
      lastEventId: 'a-3',
      reconnects: 0,
    });
    expect(server.requests).toHaveLength(1);
  });

  it.for([1, 3, 6])(
    'loses and doubles nothing of a stream of a manager that is cut %i times inside an event',
    async (cuts) => {
      const streams = createStreamManager<ServedEvent>();
      const words = Array.from({ length: 60 }, (_, index) => `word ${index} `);
      const { id } = streams.start(async function* () {
        for (const text of words) yield { type: 'text-delta', text, candidate: 0 } as const;
      });
      await using server = await serve((request, response, count) => {
        if (count <= cuts) {
          // Six frames, then a part of the next one.
          const write = response.write.bind(response) as (chunk: Uint8Array) => boolean;
          let frames = 0;
          response.write = (chunk: Uint8Array) => {
            frames += 1;
            if (frames < 8) return write(chunk);
            if (frames === 8) {
              write(chunk.subarray(0, chunk.length >> 1));
              setImmediate(() => response.destroy());
            }
            return true;
          };
        }
        pipeSse(streams.get(id), { request, response }).catch(() => response.destroy());
      });
      const stream = followStream(server.url, soon);
      expect(await stream.text()).toBe(words.join(''));
      const { reconnects, eventsCount } = await stream.outcome;
      expect({ reconnects, eventsCount }).toEqual({ reconnects: cuts, eventsCount: 60 });
      await streams.close();
    },
  );

  it('takes a body that ends without the end frame as a drop, and rejoins after the position', async () => {
    await using server = await serve((_, response, count) =>
      count === 1 ? sendFrames(response, textFrame(1, 'a')) : sendFrames(response, textFrame(2, 'b'), endFrame(3)),
    );
    expect(await followStream(server.url, soon).text()).toBe('ab');
    expect(server.requests[1]?.headers['last-event-id']).toBe('a-1');
  });

  it('refuses a server that begins the stream again, instead of doubling text', async () => {
    await using server = await serve((_, response) => sendFrames(response, textFrame(1, 'a'), textFrame(2, 'b')));
    const stream = followStream(server.url, soon);
    await expect(stream.text()).rejects.toMatchObject({ code: 'replayed' });
    expect(await stream.outcome).toMatchObject({ status: 'lost', text: 'ab' });
  });

  it('does not rejoin a stream without ids, whose text would double', async () => {
    await using server = await serve((_, response) =>
      sendFrames(response, 'data: {"type":"text-delta","text":"a"}\n\n'),
    );
    const { status, error, text } = await followStream(server.url, soon).outcome;
    expect({ status, code: error?.code, text }).toEqual({ status: 'lost', code: 'no-position', text: 'a' });
    expect(server.requests).toHaveLength(1);
  });

  it('bounds the requests without an event, and an event resets the bound', async () => {
    await using server = await serve((_, response, count) => {
      if (count === 3) sendFrames(response, textFrame(1, 'a'));
      else response.writeHead(503).end();
    });
    const { status, error } = await followStream(server.url, {
      reconnect: { maxAttempts: 2, baseDelayMs: 0, maxDelayMs: 0 },
    }).outcome;
    expect({ status, code: error?.code, http: error?.status }).toEqual({
      status: 'lost',
      code: 'http-error',
      http: 503,
    });
    // Two fail, the third has an event, and after its drop two more fail.
    expect(server.requests).toHaveLength(5);
  });

  it.for([
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'stream-not-found'],
    [410, 'history-lost'],
    [400, 'http-error'],
  ] as const)('does not ask again after %i', async ([status, code]) => {
    await using server = await serve((_, response) => response.writeHead(status).end());
    const stream = followStream(server.url, soon);
    await expect(collect(stream)).rejects.toMatchObject({ name: 'StreamFollowError', code, status });
    expect(await stream.outcome).toMatchObject({ status: 'lost' });
    expect(server.requests).toHaveLength(1);
  });

  it.for([408, 429, 500, 503])('asks again after %i', async (status) => {
    await using server = await serve((_, response, count) => {
      if (count === 1) response.writeHead(status, { 'retry-after': '0' }).end();
      else sendFrames(response, textFrame(1, 'a'), endFrame(2));
    });
    expect(await followStream(server.url, soon).text()).toBe('a');
  });

  it('gives up if the server asks for too long a wait', async () => {
    await using server = await serve((_, response) => response.writeHead(429, { 'retry-after': '86400' }).end());
    expect((await followStream(server.url, soon).outcome).error).toMatchObject({
      status: 429,
      retryAfterMs: 86_400_000,
    });
  });

  it('refuses a login page, and ends with an unknown outcome after 204', async () => {
    await using page = await serve((_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    );
    expect((await followStream(page.url, soon).outcome).error?.code).toBe('not-event-stream');
    await using empty = await serve((_, response) => response.writeHead(204).end());
    const stream = followStream(empty.url, { lastEventId: 'a-9' });
    expect(await collect(stream)).toEqual([]);
    expect(await stream.outcome).toMatchObject({ status: 'unknown' });
    await expect(stream.text()).rejects.toMatchObject({ code: 'outcome-unknown' });
    expect(empty.requests[0]?.headers['last-event-id']).toBe('a-9');
  });

  it.for([
    ['blocked', false],
    ['truncated', true],
    ['failed', true],
    ['stopped', false],
  ] as const)('reports a served end: %s', async ([status, throws]) => {
    const end = { status, blockReason: 'SAFETY', error: { code: 'api-error', status: 500 } };
    await using server = await serve((_, response) => sendFrames(response, textFrame(1, 'a'), endFrame(2, end)));
    const stream = followStream(server.url);
    expect(await stream.outcome).toMatchObject({ status, text: 'a', blockReason: 'SAFETY' });
    await expect(stream.text()).rejects.toMatchObject({ code: status, reason: 'api-error', status: 500 });
    await expect(collect(stream.textStream)).rejects.toBeInstanceOf(StreamFollowError);
    if (throws) await expect(collect(stream)).rejects.toMatchObject({ code: status });
    else expect(await collect(stream)).toHaveLength(1);
  });

  it('drops discarded text, and rejects a text stream that has yielded it', async () => {
    const rest = Promise.withResolvers<void>();
    await using server = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(textFrame(1, 'old'));
      void rest.promise.then(() => response.end(discardFrame(2) + textFrame(3, 'new') + endFrame(4)));
    });
    const stream = followStream(server.url);
    const texts = stream.textStream[Symbol.asyncIterator]();
    expect(await texts.next()).toEqual({ done: false, value: 'old' });
    const whole = stream.text();
    rest.resolve();
    await expect(texts.next()).rejects.toMatchObject({ code: 'text-discarded' });
    expect(await whole).toBe('new');
    expect(await collect(stream.textStream)).toEqual(['new']);
  });

  it('reports a gap as an event, and rejects the text that has it', async () => {
    const gap = 'id: a-5\nevent: gap\ndata: {"from":"a-1","to":"a-5"}\n\n';
    await using server = await serve((_, response) => sendFrames(response, textFrame(1, 'a'), gap, endFrame(6)));
    const stream = followStream(server.url);
    expect((await collect(stream))[1]).toEqual({ type: 'gap', from: 'a-1', to: 'a-5' });
    await expect(stream.text()).rejects.toMatchObject({ code: 'text-gap' });
  });

  it('starts by POST with one key, and rejoins by GET at the address that the server names', async () => {
    await using server = await serve((request, response, count) => {
      response.setHeader('content-location', '/streams/7');
      if (count === 1) return void response.destroy();
      if (count === 2) return sendFrames(response, textFrame(1, 'a'));
      if (request.url !== '/streams/7') return void response.writeHead(400).end();
      sendFrames(response, textFrame(2, 'b'), endFrame(3));
    });
    let calls = 0;
    const headers = () => ({ authorization: `Bearer ${(calls += 1)}` });
    expect(await followStream({ url: server.url, body: { prompt: 'hi' }, headers }, soon).text()).toBe('ab');
    const [first, second, third] = server.requests;
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'GET']);
    expect(first?.headers['content-type']).toBe('application/json');
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
    expect(third?.headers.authorization).toBe('Bearer 3');
  });

  it.for(['content-location', 'location'])(
    'sends no header to an address that %s names after a redirect to another origin',
    async (header) => {
      await using other = await serve((request, response) => {
        if (request.method === 'GET') return sendFrames(response, textFrame(2, 'stolen'), endFrame(3));
        response.setHeader(header, '/streams/7');
        if (header === 'location') response.writeHead(201).end();
        else sendFrames(response, textFrame(1, 'a'));
      });
      await using server = await serve((_, response, count) => {
        if (count === 1) response.writeHead(307, { location: other.url }).end();
        else sendFrames(response, textFrame(2, 'b'), endFrame(3));
      });
      const headers = { authorization: 'Bearer secret' };
      const { status } = await followStream({ url: server.url, body: {}, headers }, soon).outcome;
      expect(status).toBe(header === 'location' ? 'lost' : 'completed');
      expect(other.requests.map(({ method }) => method)).toEqual(['POST']);
      expect(JSON.stringify(other.requests)).not.toContain('secret');
    },
  );

  it('closes the socket when the last loop is left, and when the signal is aborted', async () => {
    const closed: Promise<unknown>[] = [];
    await using server = await serve((_, response) => {
      closed.push(once(response, 'close'));
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(textFrame(1, 'a'));
    });
    const left = followStream(server.url);
    for await (const _ of left) break;
    expect(await left.outcome).toMatchObject({ status: 'left', text: 'a' });
    const controller = new AbortController();
    const aborted = followStream(server.url, { signal: controller.signal });
    const events = aborted[Symbol.asyncIterator]();
    await events.next();
    const next = events.next();
    controller.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
    expect((await aborted.outcome).status).toBe('left');
    await Promise.all(closed);
    expect(server.requests).toHaveLength(2);
  });

  it('stops by a request of its own, and reads the end', async () => {
    const streams = createStreamManager<ServedEvent>();
    const { id } = streams.start(async function* ({ signal }) {
      yield { type: 'text-delta', text: 'a', candidate: 0 } as const;
      await once(signal, 'abort');
    });
    await using server = await serve((request, response) => {
      if (request.method === 'DELETE') response.writeHead(streams.stop(id) ? 204 : 404).end();
      else pipeSse(streams.get(id), { request, response }).catch(() => response.destroy());
    });
    const stream = followStream(server.url);
    await stream.textStream[Symbol.asyncIterator]().next();
    await stream.stop();
    expect(await stream.outcome).toMatchObject({ status: 'stopped', text: 'a' });
    await streams.close();
  });

  it('reports a stop that failed, and follows on', async () => {
    await using server = await serve((request, response) => {
      if (request.method === 'DELETE') response.writeHead(500).end();
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).write(textFrame(1, 'a'));
    });
    const stream = followStream(server.url);
    await expect(stream.stop()).rejects.toMatchObject({ code: 'stop-failed', status: 500 });
    const events = stream[Symbol.asyncIterator]();
    expect(await events.next()).toMatchObject({ value: { text: 'a' } });
    await events.return?.();
  });

  it('drops a silent connection', async () => {
    await using server = await serve((_, response, count) => {
      if (count === 1) response.writeHead(200, { 'content-type': 'text/event-stream' }).write(textFrame(1, 'a'));
      else sendFrames(response, endFrame(2));
    });
    const stream = followStream(server.url, { ...soon, idleTimeoutMs: 50 });
    expect(await stream.text()).toBe('a');
  });

  it.for([
    ['maxEventLength', 'event-too-large'],
    ['maxTextLength', 'text-too-long'],
    ['maxStreamLength', 'stream-too-large'],
  ] as const)('ends as lost past %s', async ([option, code]) => {
    await using server = await serve((_, response) => sendFrames(response, textFrame(1, 'a'.repeat(200)), endFrame(2)));
    const { status, error } = await followStream(server.url, { [option]: 100 }).outcome;
    expect({ status, code: error?.code, limit: error?.limit }).toEqual({ status: 'lost', code, limit: 100 });
  });

  it('ends as lost at an event that is no JSON, without its text in the error', async () => {
    await using server = await serve((_, response) => sendFrames(response, 'id: a-1\ndata: secret\n\n'));
    const { error } = await followStream(server.url).outcome;
    expect(error?.code).toBe('invalid-event');
    expect(error?.cause).toBeUndefined();
  });

  it('refuses what is misspelt or invalid', () => {
    const url = 'http://localhost/';
    expect(() => followStream(url, { idleTimeout: 5 } as object)).toThrow('did you mean idleTimeoutMs?');
    expect(() => followStream(url, { reconnect: { maxAttempt: 5 } as object })).toThrow(
      'did you mean reconnect.maxAttempts?',
    );
    expect(() => followStream({ url, header: {} } as never)).toThrow('did you mean headers?');
    expect(() => followStream(url, { maxEventLength: 0 })).toThrow('maxEventLength: expected a positive number, got 0');
    expect(() => followStream('/relative')).toThrow(TypeError);
    expect(() => followStream({ url, body: new ReadableStream() })).toThrow(
      'body: expected one that can be sent again',
    );
    expect(() => followStream({ url, method: 'GET', body: 'x' })).toThrow(TypeError);
  });
});
