import { createEmulator } from '@gemini/emulator';
import { openEventStream, type EventStream, type HttpStreamError, type ResponseInfo } from '@gemini/http-streaming';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { outcomeOf, requestTo } from './outcome-of.ts';
import { serveBody } from './serve-body.ts';

const page = Buffer.from(`<p>${'0123456789'.repeat(200_000)}</p>`);

/** Reads the whole body of a stream that was opened for its bytes. */
const bytesOf = (stream: EventStream): Promise<{ bytes: Buffer; error?: HttpStreamError }> =>
  new Promise((resolve) => {
    const pieces: Uint8Array[] = [];
    stream.consume({
      event: () => expect.unreachable(),
      bytes: (chunk) => void pieces.push(chunk),
      end: () => resolve({ bytes: Buffer.concat(pieces) }),
      error: (error) => resolve({ bytes: Buffer.concat(pieces), error }),
    });
  });

describe('onResponse', () => {
  it.for([
    ['a page', {}, page],
    ['an event stream', { 'content-type': 'text/event-stream' }, Buffer.from('data: 1\n\n')],
    ['JSON', { 'content-type': 'application/json' }, Buffer.from('[1,2]')],
    ['nothing', {}, Buffer.alloc(0)],
    ['a compressed body', { 'content-encoding': 'gzip' }, page],
    ['a coding that cannot be decoded', { 'content-encoding': 'rot13' }, page],
  ] as const)('gives the caller the whole body of %s, decoded', async ([, headers, body]) => {
    const sent = 'content-encoding' in headers && headers['content-encoding'] === 'gzip' ? gzipSync(body) : body;
    await using server = await serveBody(sent, 'length', { 'content-type': 'text/html', ...headers });
    const stream = await openEventStream({ url: server.url }, { onResponse: () => 'bytes' });
    expect(stream.status).toBe(200);
    const { bytes, error } = await bytesOf(stream);
    expect(error).toBeUndefined();
    expect(bytes.equals(body)).toBe(true);
  });

  it('gives the caller the body of a refusal too, without another attempt', async () => {
    await using emulator = await createEmulator({ scenario: 'always-unavailable' });
    const stream = await openEventStream(requestTo(emulator.url), { onResponse: () => 'bytes' });
    const { bytes } = await bytesOf(stream);
    expect(stream.status).toBe(503);
    expect(JSON.parse(bytes.toString())).toMatchObject({ error: { code: 503 } });
    expect(emulator.requests).toHaveLength(1);
  });

  it('reports a body that is cut, after what came of it', async () => {
    await using server = await serveBody(page, 'short', { 'content-type': 'text/html' });
    const stream = await openEventStream({ url: server.url }, { onResponse: () => 'bytes' });
    const reading = bytesOf(stream);
    server.end();
    const { bytes, error } = await reading;
    expect(bytes.equals(page)).toBe(true);
    expect(error?.code).toBe('connection-lost');
  });

  it('may have a body of another type read as events, and a refusal stays one', async () => {
    await using server = await serveBody(Buffer.from('data: 1\n\n'), 'length', { 'content-type': 'text/plain' });
    const onResponse = () => 'events' as const;
    expect(await outcomeOf({ url: server.url }, { onResponse })).toMatchObject({
      events: [{ data: '1' }],
      bodyEnd: 'length',
    });
    await using emulator = await createEmulator({ scenario: 'always-unavailable' });
    const { error } = await outcomeOf(requestTo(emulator.url), { onResponse });
    expect(error).toMatchObject({ code: 'bad-status', status: 503 });
  });

  it('gets the head of the response after a redirect', async () => {
    await using emulator = await createEmulator();
    const seen: ResponseInfo[] = [];
    const request = requestTo(`${emulator.url}/__scenario/redirect-same-origin`);
    await outcomeOf(request, { onResponse: (response) => void seen.push(response) });
    expect(seen).toMatchObject([{ isRedirected: true }]);
    expect(seen[0]?.url).not.toBe(request.url);
  });

  it('gets the headers as they came: repeated ones as a list, and cookies too', async () => {
    await using server = await serveBody(Buffer.from('data: 1\n\n'), 'length', {
      'set-cookie': 'a=1\r\nSet-Cookie: b=2',
    });
    const seen: ResponseInfo[] = [];
    await outcomeOf({ url: server.url }, { onResponse: (response) => void seen.push(response) });
    expect(seen).toMatchObject([{ status: 200, statusText: 'OK', isRedirected: false, url: server.url }]);
    expect(seen[0]?.headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  it('fails the stream if it throws', async () => {
    await using emulator = await createEmulator();
    const { error } = await outcomeOf(requestTo(emulator.url), {
      onResponse: () => {
        throw new Error('mine');
      },
    });
    expect(error).toMatchObject({ code: 'consumer-failed', cause: { message: 'mine' } });
  });
});
