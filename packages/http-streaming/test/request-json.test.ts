import { HttpStreamError, requestJson } from '@gemini/http-streaming';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';

/** Sends a request to a server that answers so. */
async function ask(
  answer: (...given: Parameters<RequestListener>) => unknown,
  options: Parameters<typeof requestJson>[1] = {},
  more: object = {},
) {
  const server = createServer((...given) => void answer(...given)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    return await requestJson({ url: `http://127.0.0.1:${port}/a?key=secret-key`, ...more }, options);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const send =
  (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body);
  };

const sendForEver: RequestListener = (_request, response) => {
  const block = 'x'.repeat(65_536);
  function write(): void {
    while (response.write(block));
  }
  response.writeHead(500).on('drain', write);
  write();
};

describe('requestJson', () => {
  it('returns the JSON of a body, whole, with its status and headers', async () => {
    const text = JSON.stringify({ long: 'x'.repeat(3_000_000) });
    const { status, headers, value } = await ask(send(200, text, { 'x-a': 'b' }));
    expect(status).toBe(200);
    expect(headers['x-a']).toBe('b');
    expect(JSON.stringify(value)).toBe(text);
    expect(await ask(send(200, ''))).toMatchObject({ value: undefined });
  });

  it('sends its method, headers and body', async () => {
    const { value } = await ask(
      async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const { method, headers } = request;
        send(200, JSON.stringify({ method, accept: headers.accept, body: Buffer.concat(chunks).toString() }))(
          request,
          response,
        );
      },
      {},
      { method: 'POST', json: { a: 1 } },
    );
    expect(value).toEqual({ method: 'POST', accept: 'application/json', body: '{"a":1}' });
  });

  it.for<
    [
      name: string,
      answer: (...given: Parameters<RequestListener>) => unknown,
      options: Parameters<typeof requestJson>[1],
      facts: object,
    ]
  >([
    [
      'a refusal',
      send(404, '{"error":1}'),
      {},
      { code: 'bad-status', status: 404, bodyText: '{"error":1}', transient: false },
    ],
    [
      'an overload',
      send(503, '{}', { 'retry-after': '2' }),
      {},
      { code: 'bad-status', status: 503, retryAfterMs: 2_000, transient: true },
    ],
    [
      'a refusal without an end',
      sendForEver,
      { maxBodyBytes: 100 },
      { code: 'bad-status', status: 500, bodyText: 'x'.repeat(1_048_576) },
    ],
    ['a redirect', send(307, '', { location: '/b' }), {}, { code: 'bad-status', status: 307 }],
    ['a body that is not JSON', send(200, '<html>'), {}, { code: 'invalid-body', status: 200 }],
    ['a large body', send(200, `"${'x'.repeat(200)}"`), { maxBodyBytes: 100 }, { code: 'invalid-body' }],
    ['silence', () => undefined, { totalTimeoutMs: 30 }, { code: 'total-timeout', timeoutMs: 30 }],
    ['a lost connection', (request) => request.socket.destroy(), {}, { transient: true }],
  ])('throws a typed error for %s, without the key', async ([, answer, options, facts]) => {
    const error: unknown = await ask(answer, options).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(HttpStreamError);
    expect(error).toMatchObject(facts);
    expect(JSON.stringify(error) + String(error)).not.toContain('secret-key');
  });

  it('takes a time limit that is longer than any timer', async () => {
    const slow: RequestListener = (_request, response) => void setTimeout(() => response.end('{}'), 30);
    expect(await ask(slow, { totalTimeoutMs: 2 ** 31 })).toMatchObject({ status: 200 });
  });

  it.for<[options: object, message: string]>([
    [{ maxBodyByte: 1 }, 'maxBodyByte: unknown option, did you mean maxBodyBytes?'],
    [{ maxBodyBytes: 0 }, 'maxBodyBytes: expected a number above 0'],
    [{ totalTimeoutMs: Number.NaN }, 'totalTimeoutMs: expected a number above 0'],
    [{ dispatcher: {} }, 'dispatcher: expected a Dispatcher'],
  ])('refuses the options %j', async ([options, message]) => {
    await expect(requestJson({ url: 'http://127.0.0.1:1' }, options)).rejects.toThrow(message);
  });

  it('throws for an abort and a port that refuses', async () => {
    const signal = AbortSignal.abort();
    await expect(ask(send(200, '{}'), {}, { signal })).rejects.toMatchObject({ code: 'aborted' });
    await expect(requestJson({ url: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'connect-failed',
      transient: true,
    });
    await expect(requestJson({ url: 'ftp://127.0.0.1' })).rejects.toThrow(TypeError);
  });
});
