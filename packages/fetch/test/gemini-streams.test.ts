import { createEmulator } from '@gemini/emulator';
import { createStreamingFetch, StreamingFetchError, type StreamRetry } from '@gemini/fetch';
import { describe, expect, it } from 'vitest';
import { serveModel } from './model-server.ts';
import { dataOf, fetchWithEnds, geminiPath, prompt, readBody } from './read-body.ts';

interface Chunk {
  readonly candidates?: readonly { readonly content?: { readonly parts?: readonly { readonly text?: string }[] } }[];
  readonly error?: { readonly code: unknown; readonly status: unknown; readonly message: unknown };
}

const textOf = (body: string): string =>
  (dataOf(body) as readonly Chunk[]).map(({ candidates }) => candidates?.[0]?.content?.parts?.[0]?.text ?? '').join('');

const answer = await wholeAnswer();

async function wholeAnswer(): Promise<string> {
  await using emulator = await createEmulator();
  return textOf((await readBody(await fetch(`${emulator.url}${geminiPath}`, prompt))).text.replaceAll('\r', ''));
}

const ask = async (scenario: string, path = geminiPath, options = {}) => {
  const emulator = await createEmulator();
  const { fetch, ends } = fetchWithEnds({ idleTimeoutMs: 300, contentIdleTimeoutMs: 300, ...options });
  const response = await fetch(`${emulator.url}/__scenario/${scenario}${path}`, prompt);
  const outcome = await readBody(response);
  const { requests } = emulator;
  await emulator.close();
  return { response, ends, requests, ...outcome };
};

const chunk = (text: string, reason?: string): string =>
  `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text }] }, finishReason: reason }] })}\r\n\r\n`;

describe('a stream of Gemini', () => {
  it.for([
    'event-line-before-data',
    'id-line-before-data',
    'comment-inside-event',
    'several-data-lines',
    'cr-line-ends',
    'byte-order-mark',
    'done-sentinel',
    'one-byte-writes',
    'last-event-unterminated',
    'json-array',
    'gzip-with-flush',
    'wrong-content-type',
    'no-content-type',
    'silence-after-finish',
    'reset-after-finish',
  ])('is handed on as plain events with one data line, and ends: %s', async (scenario) => {
    const { text, error, response, ends } = await ask(scenario);
    expect(error).toBeUndefined();
    expect(textOf(text)).toBe(answer);
    expect(text).toMatch(/^(?:data: \{.*\}(?:\r\n\r\n|\n\n))+$/);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(ends).toMatchObject([{ error: undefined, usage: { totalTokenCount: expect.any(Number) } }]);
  });

  it.for([
    ['no-finish-reason', 'truncated', 3],
    ['last-event-cut', 'truncated', 5],
    ['reset-after-content', 'connection-lost', 3],
    ['silence-after-content', 'idle-timeout', 3],
    ['comments-only', 'content-idle-timeout', 1],
    ['bad-json', 'invalid-chunk', 2],
  ] as const)('fails after all that came of it: %s', async ([scenario, code, count]) => {
    const { text, error, ends } = await ask(scenario);
    expect(dataOf(text)).toHaveLength(count);
    expect(error).toBeInstanceOf(StreamingFetchError);
    expect(error).toMatchObject({ code, name: code.endsWith('timeout') ? 'TimeoutError' : 'StreamingFetchError' });
    expect(ends).toMatchObject([{ error }]);
  });

  it.for([
    ['error-event', 503, 'UNAVAILABLE'],
    ['error-event-without-code', 503, 'UNAVAILABLE'],
    ['raw-json-error', 503, 'UNAVAILABLE'],
    ['error-event-quota', 429, 'RESOURCE_EXHAUSTED'],
  ] as const)('ends with the error of the server as an event that SDKs read: %s', async ([scenario, code, status]) => {
    const { text, error, ends } = await ask(scenario);
    expect(error).toBeUndefined();
    const events = dataOf(text) as readonly Chunk[];
    expect(events).toHaveLength(4);
    expect(events.at(-1)?.error).toMatchObject({ code, status, message: expect.any(String) });
    expect(ends).toMatchObject([{ error: { code: 'api-error', status: code } }]);
  });

  it.for<[string, string, string | undefined]>([
    ['a reason that an empty one follows', `${chunk('a', 'STOP')}${chunk('', '')}`, undefined],
    ['an unspecified reason', chunk('a', 'FINISH_REASON_UNSPECIFIED'), 'truncated'],
    ['a reason, and a cut behind it', `${chunk('a', 'STOP')}data: {"candid`, 'truncated'],
    ['a reason, and a field that is cut', `${chunk('a', 'STOP')}dat`, 'truncated'],
    ['a reason, and a chunk outside of events', `${chunk('a', 'STOP')}{"candidates":[]}\n`, 'truncated'],
    [
      'a reason of one candidate of two',
      `data: {"candidates":[{"index":0,"finishReason":"STOP"},{"index":1}]}\n\n`,
      'truncated',
    ],
    ['a blocked prompt', 'data: {"promptFeedback":{"blockReason":"SAFETY"}}\n\n', undefined],
    ['feedback without a reason', 'data: {"promptFeedback":{"blockReason":null}}\n\n', 'truncated'],
    ['an event of another kind', `event: ping\ndata: pong\n\n${chunk('a', 'STOP')}`, undefined],
  ])('is judged as the client judges it: %s', async ([, body, code]) => {
    const steps = [{ type: 'write' as const, bytes: body }, { type: 'end' as const }];
    await using server = await serveModel([{ steps }]);
    const { text, error } = await readBody(await createStreamingFetch()(`${server.url}${geminiPath}`, prompt));
    expect((error as { code?: string } | undefined)?.code).toBe(code);
    expect(text).not.toContain('pong');
  });

  it('is a JSON array for a caller who asked for one', async () => {
    const { text, error, response } = await ask('late-headers', geminiPath.replace('?alt=sse', ''));
    expect(error).toBeUndefined();
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const chunks = JSON.parse(text) as readonly Chunk[];
    expect(chunks.map(({ candidates }) => candidates?.[0]?.content?.parts?.[0]?.text ?? '').join('')).toBe(answer);
  });

  it('is an open array if it is cut, and then an error', async () => {
    const { text, error } = await ask('no-finish-reason', geminiPath.replace('?alt=sse', ''));
    expect(text).toMatch(/^\[/);
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(error).toMatchObject({ code: 'truncated' });
  });

  it('is whole if it hands over with CONTINUATION, because the SDK sends the next request', async () => {
    const { error, text } = await ask('continuation');
    expect(error).toBeUndefined();
    expect(text).toContain('"CONTINUATION"');
  });

  it('that breaks after content behind a token cannot be resumed by an SDK that would repeat the content', async () => {
    const { error, text } = await ask('checkpoint-then-text-then-reset');
    expect(error).toMatchObject({ code: 'connection-lost' });
    expect(dataOf(text).at(-1)).toEqual({ promptFeedback: {} });
    const behindToken = await ask('checkpoint-then-reset');
    expect(dataOf(behindToken.text).at(-1)).not.toEqual({ promptFeedback: {} });
  });
});

describe('a refusal of Gemini', () => {
  it.for([
    ['quota-retry-info', 429, '5', null],
    ['quota-retry-after', 429, '2', null],
    ['quota-as-event-stream', 429, null, null],
    ['always-unavailable', 503, null, null],
    ['error-in-array', 503, null, null],
    ['error-body-cut', 503, null, null],
    ['error-body-silent', 503, null, null],
    ['bad-gateway', 502, null, null],
    ['invalid-argument', 400, null, null],
  ] as const)(
    'is one error object with its status, and the wait as a header: %s',
    async ([scenario, status, wait, retry]) => {
      const { text, error, response, requests, ends } = await ask(scenario);
      expect(error).toBeUndefined();
      expect(response.status).toBe(status);
      expect(response.headers.get('content-type')).toBe('application/json; charset=UTF-8');
      const body = JSON.parse(text) as Chunk;
      expect(body.error).toMatchObject({ code: status, message: expect.any(String), status: expect.any(String) });
      expect(response.headers.get('retry-after')).toBe(wait);
      expect(response.headers.get('x-should-retry')).toBe(retry);
      expect(requests).toHaveLength(1);
      expect(ends).toMatchObject([{ error: { status } }]);
    },
  );

  it('asks for no other attempt if the wait is longer than maxDelayMs', async () => {
    const { response } = await ask('quota-retry-info', geminiPath, { retry: { maxDelayMs: 1_000 } });
    expect(response.headers.get('x-should-retry')).toBe('false');
  });

  it('keeps all details of the error', async () => {
    const { text } = await ask('quota-per-day');
    expect(text).toContain('type.googleapis.com/google.rpc.QuotaFailure');
    expect(text).toContain('type.googleapis.com/google.rpc.RetryInfo');
  });

  it('is waited for and sent again with `retry`, and not without', async () => {
    const options = { retry: { baseDelayMs: 1 } };
    const again = await ask('unavailable-then-fine', geminiPath, options);
    expect(again.requests).toHaveLength(2);
    expect(textOf(again.text)).toBe(answer);
    expect(again.ends).toMatchObject([{ error: undefined }]);
    const once = await ask('unavailable-then-fine');
    expect(once.requests).toHaveLength(1);
    expect(once.response.status).toBe(503);
  });

  it('that comes as the first event is sent again with `retry`, and the end is reported once', async () => {
    const failed = 'data: {"error":{"code":503,"message":"Busy.","status":"UNAVAILABLE"}}\n\n';
    const gate = Promise.withResolvers<void>();
    await using server = await serveModel([
      { steps: [{ type: 'write', bytes: failed }, { type: 'end' }] },
      {
        steps: [
          { type: 'write', bytes: chunk('a') },
          { type: 'until', promise: gate.promise },
          { type: 'write', bytes: chunk('b', 'STOP') },
          { type: 'end' },
        ],
      },
    ]);
    const { fetch, ends } = fetchWithEnds({ retry: { baseDelayMs: 1 } });
    const response = await fetch(`${server.url}${geminiPath}`, prompt);
    expect(ends).toEqual([]);
    gate.resolve();
    const { text, error } = await readBody(response);
    expect(error).toBeUndefined();
    expect(textOf(text)).toBe('ab');
    expect(server.requests).toHaveLength(2);
    expect(ends).toMatchObject([{ error: undefined }]);
  });

  it('is reported to onRetry before each further attempt, as a status and as the first event', async () => {
    const failed = 'data: {"error":{"code":503,"message":"Busy.","status":"UNAVAILABLE"}}\n\n';
    await using server = await serveModel([
      { status: 503, contentType: 'application/json', steps: [{ type: 'write', bytes: '{}' }, { type: 'end' }] },
      { steps: [{ type: 'write', bytes: failed }, { type: 'end' }] },
      { status: 503, contentType: 'application/json', steps: [{ type: 'write', bytes: '{}' }, { type: 'end' }] },
      { steps: [{ type: 'write', bytes: chunk('a', 'STOP') }, { type: 'end' }] },
    ]);
    const retries: StreamRetry[] = [];
    const fetch = createStreamingFetch({
      retry: { baseDelayMs: 1, maxAttempts: 4 },
      onRetry: (info) => retries.push(info),
    });
    const { text } = await readBody(await fetch(`${server.url}${geminiPath}`, prompt));
    expect(textOf(text)).toBe('a');
    expect(retries).toMatchObject([
      { attempt: 1, error: { name: 'HttpStreamError', code: 'bad-status', status: 503 } },
      { attempt: 2, error: { name: 'StreamingFetchError', code: 'api-error', status: 503 } },
      { attempt: 3, error: { name: 'HttpStreamError', code: 'bad-status', status: 503 } },
    ]);
    for (const { delayMs } of retries) expect(delayMs).toBeGreaterThanOrEqual(0);
  });

  it('is not sent again if onRetry throws, and the call rejects with that error', async () => {
    const failed = 'data: {"error":{"code":503,"message":"Busy.","status":"UNAVAILABLE"}}\n\n';
    await using server = await serveModel([{ steps: [{ type: 'write', bytes: failed }, { type: 'end' }] }]);
    const thrown = new Error('no more attempts');
    const { fetch, ends } = fetchWithEnds({
      retry: { baseDelayMs: 1 },
      onRetry: () => {
        throw thrown;
      },
    });
    await expect(fetch(`${server.url}${geminiPath}`, prompt)).rejects.toBe(thrown);
    expect(server.requests).toHaveLength(1);
    expect(ends).toMatchObject([{ error: thrown }]);
  });

  it('is not sent again before the wait of RetryInfo at the end of a large body', async () => {
    const details = [
      { '@type': 'type.googleapis.com/google.rpc.DebugInfo', detail: 'x'.repeat(40_000) },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '0.3s' },
    ];
    const body = JSON.stringify({ error: { code: 429, message: 'Slowly.', status: 'RESOURCE_EXHAUSTED', details } });
    await using server = await serveModel([
      { status: 429, contentType: 'application/json', steps: [{ type: 'write', bytes: body }, { type: 'end' }] },
      { steps: [{ type: 'write', bytes: chunk('a', 'STOP') }, { type: 'end' }] },
    ]);
    const delays: number[] = [];
    const fetch = createStreamingFetch({
      retry: { baseDelayMs: 1 },
      onRetry: ({ delayMs }) => delays.push(delayMs),
    });
    const { error } = await readBody(await fetch(`${server.url}${geminiPath}`, prompt));
    expect(error).toBeUndefined();
    expect(delays).toHaveLength(1);
    expect(delays[0]).toBeGreaterThanOrEqual(300);
  });

  it.for([
    ['error-event-first', 2],
    ['raw-json-error-only', 2],
    ['error-event', 1],
    ['always-unavailable', 2],
    ['quota-per-day', 1],
    ['invalid-argument', 1],
  ] as const)('is requested at most maxAttempts times in all: %s', async ([scenario, count]) => {
    const { requests, ends, error } = await ask(scenario, geminiPath, { retry: { maxAttempts: 2, baseDelayMs: 1 } });
    expect(error).toBeUndefined();
    expect(requests).toHaveLength(count);
    expect(ends).toHaveLength(1);
  });

  it('behind an answer as JSON loses nothing of the answer, also if one read brings both', async () => {
    const piece = '{"candidates":[{"content":{"parts":[{"text":"hi"}]}}]}';
    const failed = '{"error":{"code":503,"message":"Busy.","status":"UNAVAILABLE"}}';
    const steps = [{ type: 'write' as const, bytes: `[${piece},${failed}]` }, { type: 'end' as const }];
    for (const path of [geminiPath, geminiPath.replace('?alt=sse', '')]) {
      await using server = await serveModel([{ contentType: 'application/json', steps }]);
      const response = await createStreamingFetch({ retry: { baseDelayMs: 1 } })(`${server.url}${path}`, prompt);
      expect(response.status).toBe(200);
      const { text, error } = await readBody(response);
      expect(error).toBeUndefined();
      expect(path === geminiPath ? dataOf(text) : JSON.parse(text)).toEqual([JSON.parse(piece), JSON.parse(failed)]);
      expect(server.requests).toHaveLength(1);
    }
  });

  it('is not waited for after an abort', async () => {
    await using emulator = await createEmulator({ scenario: 'error-event-first' });
    const { fetch, ends } = fetchWithEnds({ retry: { baseDelayMs: 2 ** 30, maxDelayMs: 2 ** 30 } });
    const abort = new AbortController();
    const reason = new Error('mine');
    const call = fetch(`${emulator.url}${geminiPath}`, { ...prompt, signal: abort.signal });
    const [request] = await emulator.whenReceived(1);
    await emulator.whenClosed(request?.id ?? '');
    abort.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(ends).toMatchObject([{ error: reason }]);
  });

  it('is not sent again before the wait of RetryInfo', async () => {
    await using emulator = await createEmulator({
      script: [
        {
          times: 1,
          reply: {
            error: {
              status: 'RESOURCE_EXHAUSTED',
              message: 'Slowly.',
              details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '0.4s' }],
            },
          },
        },
      ],
    });
    const fetch = createStreamingFetch({ retry: { baseDelayMs: 1 } });
    const { error } = await readBody(await fetch(`${emulator.url}${geminiPath}`, prompt));
    expect(error).toBeUndefined();
    const [first, second] = emulator.requests;
    expect((second?.receivedAt ?? 0) - (first?.receivedAt ?? 0)).toBeGreaterThanOrEqual(400);
  });

  it.for<[string, string]>([
    ['in an array', '[{"error":{"code":503,"message":"Busy.","status":"UNAVAILABLE"}}]'],
    ['bare', '{"code":503,"message":"Busy.","status":"UNAVAILABLE"}'],
    ['without a code', '{"error":{"message":"Busy.","status":"UNAVAILABLE"}}'],
  ])('that comes with status 200 as JSON has its own status: %s', async ([, body]) => {
    const steps = [{ type: 'write', bytes: body }, { type: 'end' }] as const;
    await using server = await serveModel([{ contentType: 'application/json', steps }]);
    const response = await createStreamingFetch()(`${server.url}${geminiPath}`, prompt);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ error: { code: 503, message: 'Busy.', status: 'UNAVAILABLE' } });
  });

  it('is a page: its text is handed on, and then it is an error', async () => {
    const { response, text, error } = await ask('html-page');
    expect(response.status).toBe(200);
    expect(text).toContain('<html');
    expect(error).toMatchObject({ code: 'not-event-stream', status: 200 });
  });

  it('repeats no key', async () => {
    const { error, ends } = await ask('reset-after-content');
    expect(JSON.stringify([error, ends, String(error)])).not.toContain('a-long-test-key');
  });
});
