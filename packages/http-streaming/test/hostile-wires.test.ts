import { createEmulator, type Emulator } from '@gemini/emulator';
import type { EventStreamOptions, HttpStreamError } from '@gemini/http-streaming';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerLength, outcomeOf, prompt, requestTo } from './outcome-of.ts';
import { waitFor } from './wait-for.ts';

let emulator: Emulator;
let plainText: string;
beforeAll(async () => {
  emulator = await createEmulator();
  plainText = textOf((await outcomeOf(requestTo(emulator.url))).events);
});
afterAll(() => emulator.close());

const textOf = (events: readonly { data: string }[]): string =>
  events
    .filter(({ data }) => data.startsWith('{'))
    .flatMap(({ data }) => JSON.parse(data).candidates?.[0]?.content?.parts ?? [])
    .map((part: { text?: string }) => part.text ?? '')
    .join('');

const meet = async (scenario: string, options?: EventStreamOptions) => {
  const outcome = await outcomeOf(requestTo(await emulator.urlOf(scenario)), options);
  const seen = emulator.requests.filter((request) => request.scenario === scenario);
  return { ...outcome, seen };
};

describe('a stream with the wire variation', () => {
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
    'buffered',
    'buffered-blocks',
    'gzip-without-flush',
    'gzip-with-flush',
    'last-event-unterminated',
    'redirect-same-origin',
  ])('%s', async (scenario) => {
    const { events, error, seen } = await meet(scenario);
    expect(error).toBeUndefined();
    expect(plainText).not.toBe('');
    expect(textOf(events)).toBe(plainText);
    expect(seen.map(({ closedBy }) => closedBy)).not.toContain('client');
  });
});

it('a stream delivers one event of 16 MB', async () => {
  const { events, error } = await meet('large-inline-data');
  expect(error).toBeUndefined();
  expect(Math.max(...events.map(({ data }) => data.length))).toBeGreaterThan(16_000_000);
});

describe('a body that is cut', () => {
  it.for<[string, number, Partial<HttpStreamError>]>([
    ['closed-in-the-middle', 3, { code: 'connection-lost', eventsCount: 3 }],
    ['reset-after-content', 3, { code: 'connection-lost', eventsCount: 3 }],
    ['reset-inside-event', 4, { code: 'connection-lost', eventsCount: 4 }],
    ['reset-after-finish', answerLength, { code: 'connection-lost', eventsCount: answerLength }],
    ['content-length-long', answerLength, { code: 'connection-lost', eventsCount: answerLength }],
    ['broken-chunked-encoding', 2, { code: 'connection-lost', eventsCount: 2 }],
    ['reset-before-headers', 0, { code: 'connection-lost', status: undefined, reusedConnection: false }],
    ['empty-body', 0, { code: 'empty-body', status: 200 }],
  ])('%s: %i events, then an error', async ([scenario, count, failure]) => {
    const { events, error } = await meet(scenario);
    expect(events).toHaveLength(count);
    expect(error).toMatchObject({ name: 'HttpStreamError', ...failure });
  });

  it.for([
    ['last-event-cut', 'chunked'],
    ['close-delimited-cut', 'close'],
    ['content-length-short', 'length'],
  ] as const)('%s is legal HTTP: shown by the unterminated event and the end (%s)', async ([scenario, end]) => {
    const { events, bodyEnd, error } = await meet(scenario);
    expect(error).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ unterminated: true });
    expect(bodyEnd).toBe(end);
  });

  it('delivers the events before the cut of a compressed body', async () => {
    const faults = [
      { type: 'gzip', flush: true },
      { type: 'cut', how: 'reset', afterEvents: 3 },
    ] as const;
    await using own = await createEmulator({ scenario: faults });
    const { events, error } = await outcomeOf(requestTo(own.url));
    expect(error).toMatchObject({ code: 'connection-lost', eventsCount: 2 });
    expect(events).toHaveLength(2);
  });

  it('a body of plain text is refused, whatever its content type', async () => {
    const { events, error } = await meet('raw-json-error-only');
    expect(events).toEqual([]);
    expect(error).toMatchObject({ code: 'not-event-stream', status: 200 });
    expect(JSON.parse(error?.bodyExcerpt ?? '')).toMatchObject({ error: { code: 503 } });
  });

  it('lines outside of events are delivered as text', async () => {
    const { events, text } = await meet('raw-json-error');
    expect(events).toHaveLength(3);
    expect(JSON.parse(text)).toMatchObject({ error: { code: 503 } });
  });
});

describe.concurrent('an answer that is no stream', () => {
  it.for<[string, Partial<HttpStreamError>, string]>([
    ['quota-retry-after', { code: 'bad-status', status: 429, retryAfterMs: 2_000 }, 'RESOURCE_EXHAUSTED'],
    ['quota-as-event-stream', { code: 'bad-status', status: 429 }, 'RESOURCE_EXHAUSTED'],
    ['always-unavailable', { code: 'bad-status', status: 503 }, 'UNAVAILABLE'],
    ['invalid-argument', { code: 'bad-status', status: 400 }, 'INVALID_ARGUMENT'],
    ['unauthenticated', { code: 'bad-status', status: 401 }, 'UNAUTHENTICATED'],
    ['permission-denied', { code: 'bad-status', status: 403 }, 'PERMISSION_DENIED'],
    ['not-found', { code: 'bad-status', status: 404 }, 'NOT_FOUND'],
    ['error-in-array', { code: 'bad-status', status: 503 }, 'UNAVAILABLE'],
    ['error-body-cut', { code: 'bad-status', status: 503 }, '"error"'],
    ['error-body-endless', { code: 'bad-status', status: 503 }, '"error"'],
    ['html-page', { code: 'not-event-stream', status: 200 }, '<html>'],
    ['bad-gateway', { code: 'bad-status', status: 502 }, 'Bad Gateway'],
    ['no-content', { code: 'not-event-stream', status: 204 }, ''],
    ['wrong-content-type', { code: 'not-event-stream', status: 200 }, 'data:'],
  ])('%s', async ([scenario, failure, excerpt]) => {
    const { error, seen } = await meet(scenario);
    expect(error).toMatchObject(failure);
    expect(error?.bodyExcerpt).toContain(excerpt);
    expect(error?.bodyExcerpt?.length).toBeLessThanOrEqual(16 * 1024);
    expect(seen).toHaveLength(1);
    await waitFor(() => seen[0]?.closedBy !== undefined);
  });
});

describe('a redirect', () => {
  it.for([301, 302, 303, 307, 308])('%i to another origin is not followed', async (status) => {
    await using own = await createEmulator({ scenario: `redirect-${status}` });
    const { error } = await outcomeOf(requestTo(own.url));
    expect(error).toMatchObject({ code: 'cross-origin-redirect', status });
    // The other origin is the same server under its other name: it would have seen the key and the prompt.
    expect(own.requests).toHaveLength(1);
  });

  it('within the origin keeps method, key and body', async () => {
    await using own = await createEmulator({ scenario: 'redirect-same-origin' });
    const { error } = await outcomeOf(requestTo(own.url));
    expect(error).toMatchObject({ code: 'too-many-redirects' });
    expect(own.requests).toHaveLength(6);
    for (const { method, body, headers } of own.requests) {
      expect(method).toBe('POST');
      expect(body).toEqual(prompt);
      expect(headers).toHaveProperty('x-goog-api-key');
    }
  });

  it('to itself ends after maxRedirects', async () => {
    const { error, seen } = await meet('redirect-loop', { maxRedirects: 2 });
    expect(error).toMatchObject({ code: 'too-many-redirects', status: 307 });
    expect(seen).toHaveLength(3);
  });
});

describe('no connection', () => {
  it.for<[string, EventStreamOptions, Partial<HttpStreamError>]>([
    ['connection-refused', {}, { code: 'connect-failed', connectPhase: 'tcp' }],
    ['connect-hangs', { connectTimeoutMs: 100 }, { code: 'connect-timeout', timeoutMs: 100 }],
    ['name-not-found', {}, { code: 'connect-failed', connectPhase: 'dns' }],
    ['tls-unknown-issuer', {}, { code: 'connect-failed', connectPhase: 'tls' }],
    ['tls-expired', {}, { code: 'connect-failed', connectPhase: 'tls' }],
    ['tls-wrong-name', {}, { code: 'connect-failed', connectPhase: 'tls' }],
    ['tls-handshake-hangs', { connectTimeoutMs: 100 }, { code: 'connect-timeout', timeoutMs: 100 }],
  ])('%s', async ([scenario, options, failure]) => {
    const { error, seen } = await meet(scenario, options);
    expect(error).toMatchObject({ status: undefined, ...failure });
    expect(seen).toEqual([]);
  });
});

describe.concurrent('silence', () => {
  it.for<[string, EventStreamOptions, Partial<HttpStreamError>]>([
    ['silence-before-headers', { headersTimeoutMs: 50 }, { code: 'headers-timeout', timeoutMs: 50 }],
    ['silence-after-headers', { idleTimeoutMs: 50 }, { code: 'idle-timeout', timeoutMs: 50, eventsCount: 0 }],
    ['silence-after-content', { idleTimeoutMs: 50 }, { code: 'idle-timeout', timeoutMs: 50, eventsCount: 3 }],
    ['silence-after-finish', { idleTimeoutMs: 50 }, { code: 'idle-timeout', timeoutMs: 50, eventsCount: answerLength }],
    [
      'comments-only',
      { idleTimeoutMs: 5_000, contentIdleTimeoutMs: 150 },
      { code: 'content-idle-timeout', timeoutMs: 150, eventsCount: 1 },
    ],
    [
      'endless-comments',
      { contentIdleTimeoutMs: 150 },
      { code: 'content-idle-timeout', timeoutMs: 150, eventsCount: 1 },
    ],
    ['long-and-healthy', { totalTimeoutMs: 350 }, { code: 'total-timeout', timeoutMs: 350 }],
  ])('%s ends at its time limit, and closes the connection', async ([scenario, options, failure]) => {
    const { error, seen } = await meet(scenario, options);
    expect(error).toMatchObject(failure);
    await waitFor(() => seen.every(({ closedBy }) => closedBy === 'client'));
  });

  it('in the body of an error delays its status only for a moment', async () => {
    const { error, seen } = await meet('error-body-silent');
    expect(error).toMatchObject({ code: 'bad-status', status: 503 });
    expect(error?.bodyExcerpt).toContain('"error"');
    await waitFor(() => seen[0]?.closedBy === 'client');
  });
});

// Not beside the floods above, which leave a server in the same process no time to send.
it('does not end a healthy stream that runs longer than every idle limit', async () => {
  const scenario = [
    { type: 'many-pieces', count: 30 },
    { type: 'pause', beforeEventMs: 100, headersFirst: true },
  ] as const;
  await using own = await createEmulator({ scenario });
  const limits = { headersTimeoutMs: 2_000, idleTimeoutMs: 2_000, contentIdleTimeoutMs: 2_000 };
  const { events, error } = await outcomeOf(requestTo(own.url), limits);
  expect(error).toBeUndefined();
  expect(events).toHaveLength(30);
});
