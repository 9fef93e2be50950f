import { createEmulator, type EmulatorOptions, type Recording } from '@gemini/emulator';
import { HttpStreamError, openEventStream, type EventStreamOptions } from '@gemini/http-streaming';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { waitFor } from './wait-for.ts';

const path = '/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse';
const json = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] };
const sse = 'data: {"n":1}\r\n\r\n: ping\r\ndata: {"n":"é✓😀"}\r\n\r\ndata: {"n":3}\r\n\r\n';

const open = async (emulator: { url: string }, options?: EventStreamOptions, signal?: AbortSignal) =>
  openEventStream(
    { url: `${emulator.url}${path}`, json, headers: { 'x-goog-api-key': 'test-key-1234' }, signal },
    options,
  );

const dataOf = async (stream: AsyncIterable<{ data: string }>): Promise<string[]> => {
  const data: string[] = [];
  for await (const event of stream) data.push(event.data);
  return data;
};

const recorded = (recording: Partial<Recording> & { body: Uint8Array }): EmulatorOptions => ({ recording });

const failureOf = async (promise: Promise<unknown>): Promise<HttpStreamError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HttpStreamError);
  return error as HttpStreamError;
};

describe('openEventStream', () => {
  it.for(['whole', 'event', 1, 2, 7, 16_384] as const)(
    'gives the same events when the wire is cut by %s',
    async (chunkBytes) => {
      await using emulator = await createEmulator(recorded({ body: Buffer.from(sse), chunkBytes }));
      const stream = await open(emulator);
      expect(await dataOf(stream)).toEqual(['{"n":1}', '{"n":"é✓😀"}', '{"n":3}']);
      expect(stream.timing).toMatchObject({ eventsCount: 3, bytesCount: Buffer.byteLength(sse) });
    },
  );

  it('delivers the first event before the server has sent the rest', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 1, burst: 1 } });
    const stream = await open(emulator);
    const iterator = stream[Symbol.asyncIterator]();
    expect((await iterator.next()).done).toBe(false);
    expect(emulator.requests[0]?.closedAt).toBeUndefined();
    await iterator.return?.();
  });

  it.for([
    ['gzip', gzipSync(sse)],
    ['deflate', deflateSync(sse)],
    // Without zlib's header, as some servers understand the coding.
    ['deflate', deflateRawSync(sse)],
    ['zstd', zstdCompressSync(sse)],
    ['br', brotliCompressSync(sse)],
  ] as const)('decodes a %s body as it flows', async ([contentEncoding, body]) => {
    await using emulator = await createEmulator(recorded({ body, contentEncoding, chunkBytes: 3 }));
    expect(await dataOf(await open(emulator))).toHaveLength(3);
  });

  it.for([1, 5, 'whole'] as const)('reads a JSON array as a stream, cut by %s', async (chunkBytes) => {
    const body = Buffer.from('[{"a":"]},é"}\r\n,\r\n{"b":[1,{"c":2}]}\n]\n');
    await using emulator = await createEmulator(recorded({ body, contentType: 'application/json', chunkBytes }));
    expect(await dataOf(await open(emulator))).toEqual(['{"a":"]},é"}', '{"b":[1,{"c":2}]}']);
  });

  it('delivers and marks the beginning of an element that was cut', async () => {
    const body = Buffer.from('[{"a":1},{"b":');
    await using emulator = await createEmulator(recorded({ body, contentType: 'application/json' }));
    const events = [];
    for await (const event of await open(emulator)) events.push(event);
    expect(events).toEqual([{ data: '{"a":1}' }, { data: '{"b":', unterminated: true }]);
  });

  it.for<[body: string, id: string | undefined, delayMs: number | undefined]>([
    ['id: 1\ndata: a\n\n', '1', undefined],
    ['id: 1\ndata: a\n\nid: 2\n\n', '2', undefined],
    ['retry: 250\n\nid: 1\ndata: a\n\nretry: soon\n\n', '1', 250],
    [': nothing\n\ndata: a\n\n', 'before', undefined],
    ['data: a\n\nid: cut', 'before', undefined],
  ])('knows the id and the delay for a reconnection after %j', async ([body, id, delayMs]) => {
    await using emulator = await createEmulator(recorded({ body: Buffer.from(body) }));
    const stream = await openEventStream({ url: `${emulator.url}${path}`, json, lastEventId: 'before' });
    await dataOf(stream);
    expect([stream.lastEventId, stream.retryDelayMs]).toEqual([id, delayMs]);
  });

  it('closes the socket when the loop is left', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 5, burst: 1 } });
    for await (const _event of await open(emulator)) break;
    await waitFor(() => emulator.requests[0]?.closedAt !== undefined);
    expect(emulator.requests[0]?.closedBy).toBe('client');
  });

  it('closes the socket if the iterator returns while next() is pending', async () => {
    await using emulator = await createEmulator({ pace: { timeToFirstTokenMs: 60_000 } });
    const controller = new AbortController();
    const opening = open(emulator, undefined, controller.signal);
    await waitFor(() => emulator.requests.length === 1);
    controller.abort(new Error('enough'));
    const error = await failureOf(opening.then(async (stream) => dataOf(stream)));
    expect(error).toMatchObject({ code: 'aborted', cause: new Error('enough') });
    await waitFor(() => emulator.requests[0]?.closedBy === 'client');
  });

  it('sends nothing when the signal is aborted already', async () => {
    await using emulator = await createEmulator();
    const error = await failureOf(open(emulator, undefined, AbortSignal.abort()));
    expect(error.code).toBe('aborted');
    expect(emulator.requests).toEqual([]);
  });

  it('ends a wait for the next event with cancel', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 1, burst: 1 } });
    const stream = await open(emulator);
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    const waiting = failureOf(iterator.next());
    stream.cancel();
    expect((await waiting).code).toBe('aborted');
  });

  it('returns the status and the error body, without the key that the server repeats', async () => {
    const body = Buffer.from('{"error":{"message":"bad key test-key-1234"}}');
    await using emulator = await createEmulator(recorded({ body, status: 400, contentType: 'application/json' }));
    const error = await failureOf(open(emulator));
    expect(error).toMatchObject({ code: 'bad-status', status: 400 });
    expect(error.bodyExcerpt).toBe('{"error":{"message":"bad key [redacted]"}}');
    expect(error.message).toBe(
      `POST ${emulator.url}/v1beta/models/gemini-flash-latest:streamGenerateContent: the server answered 400`,
    );
  });

  it.for(['text/html', 'text/plain', 'application/octet-stream'])(
    'refuses a 200 of %s with an excerpt',
    async (contentType) => {
      await using emulator = await createEmulator(recorded({ body: Buffer.from('<h1>Log in</h1>'), contentType }));
      const error = await failureOf(open(emulator));
      expect(error).toMatchObject({ code: 'not-event-stream', status: 200, bodyExcerpt: '<h1>Log in</h1>' });
      expect(error.message).toContain(contentType);
    },
  );

  it.for(['application/json', 'application/json; charset=UTF-8'])(
    'delivers a single JSON object of %s as one event',
    async (contentType) => {
      const body = Buffer.from(' {"text":"a, [b] }"}\n');
      await using emulator = await createEmulator(recorded({ body, contentType, chunkBytes: 3 }));
      expect(await open(emulator).then(dataOf)).toEqual(['{"text":"a, [b] }"}']);
    },
  );

  it('refuses another JSON value under 200 with an excerpt', async () => {
    await using emulator = await createEmulator(
      recorded({ body: Buffer.from('"no"'), contentType: 'application/json' }),
    );
    expect(await failureOf(open(emulator).then(dataOf))).toMatchObject({
      code: 'not-event-stream',
      bodyExcerpt: '"no"',
    });
  });

  it.for(['text/event-stream, text/event-stream', 'TEXT/Event-Stream;charset=utf-8', ''])(
    'reads an event stream with the content type %j',
    async (contentType) => {
      await using emulator = await createEmulator(recorded({ body: Buffer.from('data: a\n\n'), contentType }));
      expect(await open(emulator).then(dataOf)).toEqual(['a']);
    },
  );

  it('reads the whole body of a refusal, up to 1 MiB', async () => {
    const long = JSON.stringify({ error: { code: 429, message: 'x'.repeat(50_000), details: ['last'] } });
    for (const [body, length] of [
      [long, long.length],
      ['y'.repeat(3 * 1024 * 1024), 1024 * 1024],
    ] as const) {
      await using emulator = await createEmulator(recorded({ body: Buffer.from(body), status: 429 }));
      const error = await failureOf(open(emulator));
      expect(error).toMatchObject({ code: 'bad-status', status: 429 });
      expect(error.bodyText).toBe(body.slice(0, length));
      expect(error.bodyExcerpt).toBe(body.slice(0, 16 * 1024));
      expect(Object.keys(error)).not.toContain('bodyText');
      expect(inspect(error)).not.toContain('xxxx');
    }
  });

  it('reads response headers of 100 KB, and names its limit past 256 KiB', async () => {
    for (const [bytes, code] of [
      [100_000, undefined],
      [300_000, 'invalid-body'],
    ] as const) {
      const server = createServer((_request, response) => {
        const headers = Object.fromEntries(
          Array.from({ length: bytes / 1_000 }, (_, index) => [`x-${index}`, 'v'.repeat(990)]),
        );
        response.writeHead(200, { 'content-type': 'text/event-stream', ...headers }).end('data: a\n\n');
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const opened = openEventStream({ url }, { retry: false });
      if (code === undefined) expect(await opened.then(dataOf)).toEqual(['a']);
      else expect(await failureOf(opened)).toMatchObject({ code });
      server.closeAllConnections();
      server.close();
    }
  });

  it('refuses a coding it does not know', async () => {
    await using emulator = await createEmulator(recorded({ body: Buffer.from(sse), contentEncoding: 'snappy' }));
    expect(await failureOf(open(emulator))).toMatchObject({ code: 'unsupported-encoding' });
  });

  it('stops at the event limit', async () => {
    const body = Buffer.from(`data: 1\n\ndata: ${'x'.repeat(5_000)}\n\n`);
    await using emulator = await createEmulator(recorded({ body, chunkBytes: 'whole' }));
    const error = await failureOf(open(emulator, { maxEventBytes: 1_000 }).then(dataOf));
    expect(error).toMatchObject({
      code: 'invalid-body',
      eventsCount: 1,
      cause: { code: 'event-too-large', limit: 1_000 },
    });
  });

  it('redacts a key of the query in every encoding', async () => {
    const written = 'k%2bey%2F12345%3d';
    const forms = [written, 'k+ey/12345=', 'k%2Bey%2F12345%3D'];
    const body = Buffer.from(JSON.stringify({ error: forms.join(' ') }));
    await using emulator = await createEmulator(recorded({ body, status: 400, contentType: 'application/json' }));
    const url = `${emulator.url}/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse&key=${written}`;
    const error = await failureOf(openEventStream({ url, json: {} }));
    expect(error.bodyExcerpt).toBe('{"error":"[redacted] [redacted] [redacted]"}');
  });

  it('names an address without a server', async () => {
    await using emulator = await createEmulator({ scenario: 'connection-refused' });
    const error = await failureOf(open(emulator, { retry: false }));
    expect(error.code).toBe('connect-failed');
    expect(error.message).toContain(new URL(emulator.url).host);
  });

  it('ends after headersTimeoutMs without a response', async () => {
    await using emulator = await createEmulator({ pace: { timeToFirstTokenMs: 60_000 } });
    const error = await failureOf(open(emulator, { headersTimeoutMs: 40, idleTimeoutMs: 40 }).then(dataOf));
    expect(['headers-timeout', 'idle-timeout']).toContain(error.code);
    expect(error.timeoutMs).toBe(40);
    await waitFor(() => emulator.requests[0]?.closedBy === 'client');
  });

  it('ends after idleTimeoutMs without a byte', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 0.1, burst: 1 } });
    const error = await failureOf(open(emulator, { idleTimeoutMs: 50 }).then(dataOf));
    expect(error).toMatchObject({ code: 'idle-timeout', timeoutMs: 50 });
  });

  it('closes a stream that is not read', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 5, burst: 1 } });
    const stream = await open(emulator, { unreadTimeoutMs: 30 });
    await waitFor(() => emulator.requests[0]?.closedBy === 'client');
    expect((await failureOf(dataOf(stream))).code).toBe('abandoned');
  });

  it('loses nothing while its consumer pauses', async () => {
    const count = 5_000;
    const body = Buffer.from(Array.from({ length: count }, (_, index) => `data: ${index}\n\n`).join(''));
    await using emulator = await createEmulator(recorded({ body, chunkBytes: 16_384 }));
    const stream = await open(emulator);
    const seen: number[] = [];
    await new Promise<void>((resolve, reject) => {
      const control = stream.consume({
        event({ data }) {
          seen.push(Number(data));
          if (seen.length % 700 !== 0) return;
          control.pause();
          setImmediate(() => control.resume());
        },
        end: () => resolve(),
        error: reject,
      });
    });
    expect(seen).toEqual(Array.from({ length: count }, (_, index) => index));
  });

  it('ends with the error of its consumer', async () => {
    await using emulator = await createEmulator(recorded({ body: Buffer.from(sse) }));
    const stream = await open(emulator);
    const error = await new Promise<HttpStreamError>((resolve, reject) => {
      stream.consume({
        event() {
          throw new Error('mine');
        },
        end: () => reject(new Error('ended')),
        error: resolve,
      });
    });
    expect(error).toMatchObject({ code: 'consumer-failed', cause: new Error('mine') });
  });

  it('can be consumed only once', async () => {
    await using emulator = await createEmulator(recorded({ body: Buffer.from(sse) }));
    const stream = await open(emulator);
    await dataOf(stream);
    expect(() => stream[Symbol.asyncIterator]()).toThrow(TypeError);
  });

  it.for([
    [{ url: 'ftp://127.0.0.1/' }, 'http: or https:'],
    [{ url: 'http://user:pass@127.0.0.1/' }, 'no user name'],
    [{ url: 'http://127.0.0.1/', json: {}, body: '{}' }, 'json or body'],
  ] as const)('refuses %j as a request', async ([request, message]) => {
    await expect(openEventStream(request)).rejects.toThrow(message);
    await expect(openEventStream(request)).rejects.toThrow(TypeError);
  });

  it('refuses a limit that is not a number', async () => {
    await expect(openEventStream({ url: 'http://127.0.0.1/' }, { idleTimeoutMs: Number.NaN })).rejects.toThrow(
      'idleTimeoutMs',
    );
  });
});
