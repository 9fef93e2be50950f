import { createEmulator } from '@gemini/emulator';
import { createStreamingFetch } from '@gemini/fetch';
import { describe, expect, it } from 'vitest';
import { Agent } from 'undici';
import { type ModelReply, serveModel } from './model-server.ts';
import { frameText, openAiWire } from './model-wires.ts';
import { fetchWithEnds, geminiPath, prompt, readBody } from './read-body.ts';

type Call = Parameters<typeof fetch>;

/** A host that notes its calls. */
function noteCalls(): { readonly calls: Call[]; readonly fetch: typeof fetch } {
  const calls: Call[] = [];
  const host = (...call: Call): Promise<Response> => {
    calls.push(call);
    return Promise.resolve(new Response('host'));
  };
  return { calls, fetch: host };
}

const url = 'http://127.0.0.1:9/v1/x';
const post = (body: unknown, headers: Record<string, string> = {}) =>
  ({ method: 'POST', headers, body }) as RequestInit;
const whole: ModelReply = {
  headers: {
    'set-cookie': 'a=1\r\nset-cookie: b=2',
    'x-request-id': 'r1',
    'anthropic-ratelimit-tokens-remaining': '7',
  },
  steps: [{ type: 'write', bytes: openAiWire.frames.map(frameText).join('') }, { type: 'end' }],
};

describe('a call that asks for no stream', () => {
  it.for<[string, Call]>([
    ['a GET', [url]],
    ['a GET of a URL object', [new URL(url), { headers: { accept: 'application/json' } }]],
    ['a unary prompt', ['http://127.0.0.1:9/v1beta/models/m:generateContent', post('{"contents":[]}')]],
    ['a prompt that speaks of streams', [url, post('{"prompt":"\\"stream\\": true"}')]],
    ['a member that is not at the top', [url, post('{"a":{"stream":true}}')]],
    ['a member that is false', [url, post('{"stream":false}')]],
    ['a body that is not JSON', [url, post('"stream": true')]],
    ['bytes', [url, post(new Uint8Array([1, 2, 3]))]],
    ['a form', [url, post(new FormData())]],
    ['parameters', [url, post(new URLSearchParams('stream=true'))]],
    ['a blob', [url, post(new Blob(['{"stream":true}']))]],
    ['a stream as a body', [url, { ...post(new ReadableStream()), duplex: 'half' }]],
    ['a Request that says nothing of it', [new Request(url, post('{"stream":true}'))]],
    ['a HEAD', [url, { method: 'HEAD', headers: { accept: 'text/event-stream' } }]],
    ['a redirect by hand', [url, { ...post('{"stream":true}'), redirect: 'manual' }]],
    ['another protocol', ['data:text/event-stream,hi', { headers: { accept: 'text/event-stream' } }]],
  ])('reaches the host with the very same arguments: %s', async ([, call]) => {
    const host = noteCalls();
    const { fetch, ends } = fetchWithEnds({ fetch: host.fetch });
    expect(await (await fetch(...call)).text()).toBe('host');
    expect(host.calls).toHaveLength(1);
    expect(host.calls[0]).toHaveLength(call.length);
    for (const [index, argument] of call.entries()) expect(host.calls[0]?.[index]).toBe(argument);
    const [input, init] = call;
    if (input instanceof Request) expect(input.bodyUsed).toBe(false);
    if (init?.body instanceof ReadableStream) expect(init.body.locked).toBe(false);
    expect(ends).toEqual([]);
  });

  it('reaches the global fetch of the moment without an option', async () => {
    const host = noteCalls();
    const original = globalThis.fetch;
    const streaming = createStreamingFetch();
    try {
      globalThis.fetch = host.fetch;
      expect(await (await streaming(url)).text()).toBe('host');
    } finally {
      globalThis.fetch = original;
    }
  });
});

describe('a call that asks for a stream', () => {
  it.for<[string, (base: string) => Call]>([
    ['a text body', (base) => [`${base}/any`, post('{ "stream" : true }')]],
    ['a URL object', (base) => [new URL(`${base}/any`), post('{"stream":true}')]],
    ['a body of bytes', (base) => [`${base}/any`, post(Buffer.from('{"stream":true}'))]],
    ['a buffer', (base) => [`${base}/any`, post(new TextEncoder().encode('{"stream":true}').buffer)]],
    ['accept', (base) => [`${base}/any`, { headers: { Accept: 'application/json, text/event-stream' } }]],
    ['a Request', (base) => [new Request(`${base}/any`, post('{"stream":true}', { accept: 'text/event-stream' }))]],
    [
      'a Request whose init adds to it',
      (base) => [new Request(`${base}/any`, post('{"a":1}')), { headers: [['accept', 'text/event-stream']] }],
    ],
    ['the path', (base) => [`${base}/v1/models/m:streamGenerateContent`, post('{}')]],
  ])('is known by %s, and sent as it is', async ([, call]) => {
    await using server = await serveModel([whole]);
    const host = noteCalls();
    const response = await createStreamingFetch({ fetch: host.fetch, completeness: false })(...call(server.url));
    await readBody(response);
    expect(host.calls).toEqual([]);
    const [input, init] = call(server.url);
    const sent = new Request(input, init);
    expect(server.requests).toMatchObject([{ method: sent.method, body: await sent.text() }]);
    for (const [name, value] of sent.headers) expect(server.requests[0]?.headers[name]).toBe(value);
  });

  it('gives what the host gives: its class, URL, status and headers, cookies one by one', async () => {
    await using server = await serveModel([whole]);
    const call: Call = [`${server.url}/a?b=c#d`, post('{"stream":true}')];
    const ours = await createStreamingFetch()(...call);
    const hosts = await fetch(...call);
    expect(ours).toBeInstanceOf(Response);
    for (const name of ['url', 'redirected', 'status', 'statusText', 'ok', 'type', 'bodyUsed'] as const) {
      expect([name, ours[name]]).toEqual([name, hosts[name]]);
    }
    const headersOf = ({ headers }: Response) =>
      [...headers].filter(([name]) => !/^(?:transfer-encoding|date)$/.test(name));
    expect(headersOf(ours)).toEqual(headersOf(hosts));
    expect(ours.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    const copy = ours.clone();
    expect(copy.url).toBe(hosts.url);
    expect(await copy.text()).toBe(await ours.text());
    await hosts.body?.cancel();
  });

  it('can be read with a buffer of the reader', async () => {
    await using server = await serveModel([whole]);
    const response = await createStreamingFetch()(server.url, post('{"stream":true}'));
    const reader = response.body?.getReader({ mode: 'byob' });
    let text = '';
    for (;;) {
      const result = await reader?.read(new Uint8Array(64));
      if (result === undefined || result.done) break;
      text += Buffer.from(result.value).toString('latin1');
    }
    expect(text.endsWith('[DONE]\n\n')).toBe(true);
  });

  it('follows a redirect within its origin, and says so', async () => {
    await using emulator = await createEmulator();
    const response = await createStreamingFetch()(
      `${emulator.url}/__scenario/redirect-same-origin${geminiPath}`,
      prompt,
    );
    expect(response.redirected).toBe(true);
    expect(response.url).toContain('/__redirected/');
    expect((await readBody(response)).error).toBeUndefined();
  });

  it('does not follow a redirect to another origin', async () => {
    await using emulator = await createEmulator();
    const { fetch, ends } = fetchWithEnds();
    const call = fetch(`${emulator.url}/__scenario/redirect-307${geminiPath}`, prompt);
    await expect(call).rejects.toMatchObject({ name: 'StreamingFetchError', code: 'cross-origin-redirect' });
    expect(emulator.requests).toHaveLength(1);
    expect(ends).toHaveLength(1);
  });

  it('follows none with `redirect: "error"`, as the host', async () => {
    await using emulator = await createEmulator();
    const call = [
      `${emulator.url}/__scenario/redirect-same-origin${geminiPath}`,
      { ...prompt, redirect: 'error' },
    ] as const;
    await expect(createStreamingFetch()(...call)).rejects.toThrow(new TypeError('fetch failed'));
    await expect(fetch(...call)).rejects.toThrow(new TypeError('fetch failed'));
  });

  it('may name the connection that HTTP keeps anyway', async () => {
    await using server = await serveModel([whole]);
    const init = post('{"stream":true}', { connection: 'keep-alive' });
    expect((await readBody(await createStreamingFetch()(server.url, init))).error).toBeUndefined();
    expect(server.requests).toHaveLength(1);
  });

  it('goes through the dispatcher of its init', async () => {
    await using emulator = await createEmulator();
    const agent = new Agent();
    let dispatched = 0;
    const counting = agent.compose((dispatch) => (options, handler) => {
      dispatched += 1;
      return dispatch(options, handler);
    });
    const init = { ...prompt, dispatcher: counting } as unknown as RequestInit;
    expect((await readBody(await createStreamingFetch()(`${emulator.url}${geminiPath}`, init))).error).toBeUndefined();
    expect(dispatched).toBe(1);
    await agent.close();
  });

  it('refuses an object that is not a dispatcher', async () => {
    const init = { ...prompt, dispatcher: {} } as unknown as RequestInit;
    await expect(createStreamingFetch()(`${url}:streamGenerateContent`, init)).rejects.toThrow(
      new TypeError('dispatcher: expected a Dispatcher of undici 7 or 8, got object'),
    );
  });

  it('takes `duplex` beside a body that is no stream', async () => {
    await using emulator = await createEmulator();
    const init = { ...prompt, duplex: 'half' } as RequestInit;
    expect((await readBody(await createStreamingFetch()(`${emulator.url}${geminiPath}`, init))).error).toBeUndefined();
  });

  it('fails as the network does, with the cause', async () => {
    const { fetch, ends } = fetchWithEnds();
    const call = fetch(`http://127.0.0.1:1${geminiPath}`, prompt);
    await expect(call).rejects.toThrow(new TypeError('fetch failed'));
    await expect(call).rejects.toMatchObject({
      cause: { code: 'connect-failed', message: expect.stringMatching(/ECONNREFUSED/) },
    });
    expect(ends).toMatchObject([{ error: { code: 'connect-failed' } }]);
  });

  it('fails with a TimeoutError if no headers come', async () => {
    await using server = await serveModel([{ beforeHeadersMs: Infinity, steps: [] }]);
    const call = createStreamingFetch({ headersTimeoutMs: 100 })(server.url, post('{"stream":true}'));
    await expect(call).rejects.toMatchObject({
      name: 'TimeoutError',
      code: 'headers-timeout',
      message: expect.stringMatching(/timed out/),
    });
  });
});

describe('bad input', () => {
  const used = new Request(url, post('{"stream":true}', { accept: 'text/event-stream' }));
  const streaming = post('{"stream":true}');

  it.for<[string, Call]>([
    ['a relative URL', ['/v1/x', streaming]],
    ['half a URL', ['http://', streaming]],
    ['a URL with a password', ['http://a:b@127.0.0.1:9/', streaming]],
    ['a protocol that cannot be fetched', ['ftp://127.0.0.1/x', streaming]],
    ['an invalid header name', [url, { ...streaming, headers: { 'a b': 'c' } }]],
    ['an invalid header value', [url, { ...streaming, headers: { a: 'b\nc' } }]],
    ['a body with a GET', [url, { method: 'GET', body: '{"stream":true}' }]],
    ['an invalid method', [url, { ...streaming, method: 'a b' }]],
    ['an invalid signal', [url, { ...streaming, signal: {} as AbortSignal }]],
    ['a Request whose body is used', [used]],
    ['a header of the connection', [url, { ...streaming, headers: { upgrade: 'x' } }]],
  ])('is refused with the words of the host: %s', async ([, call]) => {
    if (!used.bodyUsed) await used.text();
    const words = async (called: Promise<unknown>): Promise<string> => {
      const error: unknown = await called.then(
        () => 'nothing was thrown',
        (thrown: unknown) => thrown,
      );
      return String(error);
    };
    const ours = await words(createStreamingFetch()(...call));
    expect(ours).toMatch(/^TypeError: /);
    expect(ours).toBe(await words(fetch(...call)));
  });
});

describe('createStreamingFetch', () => {
  it.for<[object, string]>([
    [{ idleTimeout: 1 }, 'idleTimeout: unknown option, did you mean idleTimeoutMs?'],
    [{ complete: true }, 'complete: unknown option'],
    [{ onResponse: () => {} }, 'onResponse: unknown option'],
    [{ onend: () => {} }, 'onend: unknown option, did you mean onEnd?'],
    [{ retry: true }, 'retry: expected an object or false, got boolean'],
    [{ retry: { decide: () => {} } }, 'retry.decide: unknown option'],
    [{ completeness: 'no' }, 'completeness: expected a boolean, got string'],
    [{ fetch: {} }, 'fetch: expected a function, got object'],
    [{ onEnd: 1 }, 'onEnd: expected a function, got number'],
    [{ idleTimeoutMs: 0 }, 'idleTimeoutMs: expected a number above 0'],
  ])('refuses %j', ([options, message]) => {
    expect(() => createStreamingFetch(options)).toThrow(TypeError);
    expect(() => createStreamingFetch(options)).toThrow(message);
  });

  it('says at once that a runtime has no sockets', async () => {
    const { createStreamingFetch: unsupported } = await import('../src/unsupported.ts');
    expect(() => unsupported()).toThrow('@gemini/fetch: expected Node, Bun or Deno');
  });
});
