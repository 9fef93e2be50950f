import { createGemini, type GeminiErrorCode, type GeminiOptions, type OutcomeStatus } from '@gemini/client';
import { createEmulator, type EmulatorOptions } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { waitFor } from './wait-for.ts';

const prompt = 'Tell me about tides';

/** Short limits for the scenarios that test them. On a busy machine they would end other streams too. */
const shortLimits: readonly (readonly [RegExp, GeminiOptions])[] = [
  [/^silence-before-headers$/, { headersTimeoutMs: 300 }],
  [/^silence-after/, { idleTimeoutMs: 500 }],
  [/-hangs$/, { connectTimeoutMs: 300 }],
];
const limitsOf = (scenario: string): GeminiOptions =>
  shortLimits.find(([pattern]) => pattern.test(scenario))?.[1] ?? {};
const apiKey = 'a-key-of-twelve';

/** Runs a scenario, and returns the outcome, how its text relates to the complete answer, and the number of requests. */
const meet = async (scenario: EmulatorOptions['scenario'], options: GeminiOptions = {}) => {
  await using calm = await createEmulator();
  const whole = (await createGemini({ baseUrl: calm.url }).stream(prompt).outcome).text;
  await using emulator = await createEmulator({ scenario });
  const gemini = createGemini({ baseUrl: emulator.url, apiKey, retry: { maxAttempts: 2, baseDelayMs: 0 }, ...options });
  const stream = gemini.stream(prompt);
  let told = '';
  try {
    for await (const piece of stream.textStream) told += piece;
  } catch {
    // The outcome reports the error.
  }
  const outcome = await stream.outcome;
  const text = outcome.text === whole ? 'whole' : outcome.text === '' ? 'none' : 'part';
  // The three ways to the text agree, no text is invented, and errors have the partial response.
  expect(told).toBe(outcome.text);
  expect(whole.startsWith(outcome.text)).toBe(true);
  if (outcome.error !== undefined) expect(outcome.error.partial).toBe(outcome.response);
  expect(`${outcome.error?.stack}${JSON.stringify(outcome.error)}`).not.toContain(apiKey);
  expect(gemini.streamStats()).toMatchObject({ active: 0, starting: 0, queued: 0 });
  await waitFor(() => emulator.requests.every(({ closedAt }) => closedAt !== undefined));
  return { outcome, text, verdict: stream.verdict(), requests: emulator.requests };
};

describe('a complete stream', () => {
  it.for([
    'event-line-before-data',
    'id-line-before-data',
    'comment-inside-event',
    'retry-line',
    'several-data-lines',
    'lf-line-ends',
    'cr-line-ends',
    'mixed-line-ends',
    'byte-order-mark',
    'no-space-after-colon',
    'done-sentinel',
    'one-byte-writes',
    'split-characters',
    'split-line-ends',
    'random-splits',
    'json-array',
    'close-delimited',
    'gzip-with-flush',
    'gzip-without-flush',
    'buffered',
    'buffered-blocks',
    'last-event-unterminated',
    'usage-only-chunk',
    'last-chunk-without-content',
    'last-chunk-empty-content',
    'signature-on-empty-text',
    'finish-on-every-chunk',
    'finish-early',
    'two-candidates',
  ])('a stream is read completely: %s', async (scenario) => {
    const { outcome, text, requests } = await meet(scenario);
    expect(outcome).toMatchObject({ status: 'completed', finishReason: 'STOP', endedBy: 'end', attempts: 1 });
    expect(text).toBe('whole');
    expect(outcome.usage?.totalTokenCount).toBeGreaterThan(0);
    expect(requests).toHaveLength(1);
  });

  it('an answer with STOP on every chunk and pauses between them is read completely', async () => {
    const faults = [{ type: 'finish-reason', on: 'every' } as const, { type: 'pause', beforeEventMs: 30 } as const];
    const { outcome, text } = await meet(faults);
    expect([outcome.status, text, outcome.endedBy]).toEqual(['completed', 'whole', 'end']);
  });

  it('a signature stays on its empty text', async () => {
    const { outcome } = await meet('signature-on-empty-text');
    expect(outcome.response.candidates?.[0]?.content?.parts?.at(-1)).toEqual({
      text: '',
      thoughtSignature: expect.any(String),
    });
  });

  it('two candidates stay apart', async () => {
    const { outcome } = await meet('two-candidates');
    const texts = outcome.response.candidates?.map(({ content }) => content?.parts?.map((part) => part.text));
    expect(texts).toHaveLength(2);
    expect(texts?.map((parts) => parts?.length)).toEqual([1, 1]);
  });

  it('an image of 16 MB is read completely', async () => {
    const { outcome } = await meet('large-inline-data');
    const parts = outcome.response.candidates?.[0]?.content?.parts ?? [];
    expect(parts.find((part) => part.inlineData)?.inlineData?.data?.length).toBeGreaterThan(16_000_000);
  });
});

describe('the end of an answer', () => {
  it.for<[string, OutcomeStatus, string | undefined, 'whole' | 'none']>([
    ['blocked-prompt', 'blocked', undefined, 'none'],
    ['blocked-prompt-with-message', 'blocked', undefined, 'none'],
    ['finish-safety', 'blocked', 'SAFETY', 'whole'],
    ['finish-recitation', 'blocked', 'RECITATION', 'whole'],
    ['finish-max-tokens', 'completed', 'MAX_TOKENS', 'whole'],
  ])('the outcome reports how the answer ended: %s', async ([scenario, status, finishReason, expected]) => {
    const { outcome, text, requests } = await meet(scenario);
    expect(outcome).toMatchObject({ status, finishReason, endedBy: 'end', error: undefined });
    expect(outcome.blockReason === undefined).toBe(scenario.startsWith('finish'));
    expect(text).toBe(expected);
    expect(requests).toHaveLength(1);
  });

  it.for([
    ['silence-after-finish', 'idle'],
    ['content-length-long', 'reset'],
  ] as const)('a complete answer stays complete after %s', async ([scenario, endedBy]) => {
    const { outcome, text, requests } = await meet(scenario, limitsOf(scenario));
    expect(outcome).toMatchObject({ status: 'completed', finishReason: 'STOP', endedBy, error: undefined });
    expect(text).toBe('whole');
    expect(requests).toHaveLength(1);
  });
});

it('an answer stays complete if the connection is lost after the finish reason', async () => {
  const { outcome, text } = await meet([{ type: 'after-end', how: 'close' }]);
  expect(outcome).toMatchObject({ status: 'completed', endedBy: 'reset', error: undefined });
  expect(text).toBe('whole');
});

describe.concurrent('an answer that was cut', () => {
  it.for<[string, OutcomeStatus, GeminiErrorCode, 'whole' | 'part' | 'none']>([
    ['no-finish-reason', 'truncated', 'truncated', 'part'],
    ['finish-never', 'truncated', 'truncated', 'whole'],
    ['last-event-cut', 'truncated', 'truncated', 'part'],
    ['close-delimited-cut', 'truncated', 'truncated', 'part'],
    ['content-length-short', 'truncated', 'truncated', 'part'],
    ['closed-in-the-middle', 'failed', 'connection-lost', 'part'],
    ['broken-chunked-encoding', 'failed', 'connection-lost', 'part'],
    ['silence-after-content', 'failed', 'idle-timeout', 'part'],
    ['silence-after-headers', 'failed', 'idle-timeout', 'none'],
    ['bad-json', 'failed', 'invalid-chunk', 'part'],
    ['endless-data-line', 'failed', 'invalid-body', 'part'],
    ['error-event', 'failed', 'api-error', 'part'],
    ['error-event-without-code', 'failed', 'api-error', 'part'],
    ['raw-json-error', 'failed', 'api-error', 'part'],
  ])('a cut answer is never complete and never requested again: %s', async ([scenario, status, code, expected]) => {
    const { outcome, text, requests } = await meet(scenario, limitsOf(scenario));
    expect(outcome).toMatchObject({ status, error: { code } });
    expect(text).toBe(expected);
    expect(requests).toHaveLength(1);
  });

  // A reset may discard bytes that were not read yet: if no content arrived, the request is retried.
  it.for(['reset-after-content', 'reset-inside-event'])(
    'an answer that was reset keeps its partial response: %s',
    async (scenario) => {
      const { outcome, text, requests } = await meet(scenario);
      expect(outcome).toMatchObject({ status: 'failed', error: { code: 'connection-lost' } });
      expect(text).not.toBe('whole');
      expect(requests).toHaveLength(outcome.attempts);
    },
  );

  it.for(['comments-only', 'endless-comments'])(
    'a stream fails if it receives only comments for longer than contentIdleTimeoutMs: %s',
    async (scenario) => {
      const { outcome, text, requests } = await meet(scenario, { contentIdleTimeoutMs: 250 });
      expect(outcome).toMatchObject({ status: 'failed', error: { code: 'content-idle-timeout' } });
      expect(text).toBe('part');
      expect(requests.map(({ closedBy }) => closedBy)).toEqual(['client']);
    },
  );

  it('the error names the event that cannot be read, without its content', async () => {
    const { outcome } = await meet('bad-json');
    expect(outcome.error?.message).toMatch(/^event \d+ \(\d+ characters\) is not valid JSON$/);
  });

  it('a stream ends at maxResponseBytes', async () => {
    await using emulator = await createEmulator({ scenario: 'flood-of-events' });
    const { outcome: ended } = createGemini({ baseUrl: emulator.url, maxResponseBytes: 30_000 }).stream(prompt);
    const outcome = await ended;
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'response-too-large', limit: 30_000 } });
    expect(outcome.error?.received).toBeGreaterThan(30_000);
    expect(outcome.text.length).toBeGreaterThan(900);
    await waitFor(() => emulator.requests[0]?.closedAt !== undefined);
    expect(emulator.requests[0]?.closedBy).toBe('client');
  });
});

describe.concurrent('a refusal', () => {
  it.for<[string, GeminiErrorCode, number | undefined, number]>([
    ['error-event-first', 'api-error', 503, 2],
    ['raw-json-error-only', 'api-error', 503, 2],
    ['error-in-array', 'api-error', 503, 2],
    ['error-body-cut', 'bad-status', 503, 2],
    ['error-body-endless', 'bad-status', 503, 2],
    ['bad-gateway', 'bad-status', 502, 2],
    ['quota-as-event-stream', 'api-error', 429, 2],
    ['reset-before-headers', 'connection-lost', undefined, 2],
    ['quota-per-day', 'api-error', 429, 1],
    ['html-page', 'not-event-stream', 200, 1],
    ['no-content', 'not-event-stream', 204, 1],
    ['wrong-content-type', 'not-event-stream', 200, 1],
    ['silence-before-headers', 'headers-timeout', undefined, 1],
    ['redirect-301', 'cross-origin-redirect', 301, 1],
    ['redirect-302', 'cross-origin-redirect', 302, 1],
    ['redirect-303', 'cross-origin-redirect', 303, 1],
    ['redirect-307', 'cross-origin-redirect', 307, 1],
    ['redirect-308', 'cross-origin-redirect', 308, 1],
  ])(
    'a refused request ends with one typed error after the right number of attempts: %s',
    async ([scenario, code, status, count]) => {
      const { outcome, text, requests } = await meet(scenario, limitsOf(scenario));
      expect(outcome).toMatchObject({ status: 'failed', endedBy: 'error', error: { code, status }, attempts: count });
      expect(text).toBe('none');
      expect(requests).toHaveLength(count);
    },
  );

  it('the error lists the exceeded quotas', async () => {
    const { outcome } = await meet('quota-per-day');
    expect(outcome.error).toMatchObject({ reason: 'RESOURCE_EXHAUSTED', retryable: false });
    expect(outcome.error?.quotaViolations[0]?.quotaId).toContain('PerDay');
  });
});

describe.concurrent('a server that cannot be reached', () => {
  it.for<[string, GeminiErrorCode, number]>([
    ['connection-refused', 'connect-failed', 2],
    ['name-not-found', 'connect-failed', 2],
    ['connect-hangs', 'connect-timeout', 2],
    ['tls-handshake-hangs', 'connect-timeout', 2],
    ['tls-unknown-issuer', 'connect-failed', 1],
    ['tls-expired', 'connect-failed', 1],
    ['tls-wrong-name', 'connect-failed', 1],
  ])('an unreachable server causes one typed error: %s', async ([scenario, code, count]) => {
    const { outcome, requests } = await meet(scenario, { ...limitsOf(scenario), allowInsecure: true });
    expect(outcome).toMatchObject({ status: 'failed', error: { code }, attempts: count, text: '' });
    expect(requests).toEqual([]);
  });
});

describe.concurrent('limits of time', () => {
  it('totalTimeoutMs covers the whole stream with all requests and waits', async () => {
    const { outcome } = await meet('always-unavailable', {
      totalTimeoutMs: 200,
      retry: { maxAttempts: 1_000, baseDelayMs: 60, maxDelayMs: 60 },
    });
    expect(outcome.status).toBe('failed');
    expect(outcome.attempts).toBeLessThan(1_000);
  });

  it('a healthy stream has no time limit by default', async () => {
    const pace = [{ type: 'pause', beforeEventMs: 20 } as const];
    expect((await meet(pace)).outcome.status).toBe('completed');
    const { outcome, text } = await meet(pace, { totalTimeoutMs: 60 });
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'total-timeout' } });
    expect(text).not.toBe('whole');
  });
});

describe('a reader that is slower than the server', () => {
  it('a stream stops if its slow reader exceeds maxPauseMs', async () => {
    await using emulator = await createEmulator({ scenario: 'flood-of-events' });
    const stream = createGemini({ baseUrl: emulator.url, manager: { maxPauseMs: 100 } }).stream(prompt);
    await waitFor(() => emulator.requests[0]?.closedAt !== undefined);
    expect(emulator.requests[0]?.closedBy).toBe('client');
    expect((await stream.outcome).status).toBe('stopped');
  });

  it('a slow reader pauses its own server and no other stream', { timeout: 60_000 }, async () => {
    await using emulator = await createEmulator({ scenario: 'flood-of-events' });
    const gemini = createGemini({ baseUrl: emulator.url });
    const stream = gemini.stream(prompt);
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    await emulator.whenBackpressured('request-1');
    expect(gemini.listStreams()[0]?.paused).toBe(true);
    const came = stream.timing?.eventsCount;
    expect((await gemini.stream('another').outcome).status).toBe('completed');
    expect(stream.timing?.eventsCount).toBe(came);
    expect(emulator.requests[0]?.closedAt).toBeUndefined();
    stream.stop();
    expect((await stream.outcome).status).toBe('stopped');
  });
});
