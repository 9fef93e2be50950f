import { createEmulator, type Scenario } from '@gemini/emulator';
import { HttpStreamError, openEventStream, type RetryFailure, type RetryInfo } from '@gemini/http-streaming';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { answerLength, outcomeOf, prompt, requestTo } from './outcome-of.ts';
import { waitFor } from './wait-for.ts';

const quick = { baseDelayMs: 1, maxDelayMs: 50 };
const steps = (...faults: Scenario['steps'][number]['faults'][]): Scenario => ({
  name: 'attempts',
  description: 'One list of faults a request.',
  steps: faults.map((list) => ({ faults: list })),
});
const unavailable = { type: 'error-status' } as const;
const lostAtOnce = { type: 'cut', how: 'reset', afterEvents: 0 } as const;
const lostAfterHeaders = [
  { type: 'keep-alive', afterEvents: 0, everyMs: 1 },
  { type: 'cut', how: 'reset', afterEvents: 1 },
] as const;

describe('another attempt', () => {
  it('follows a 503, repeats the request, and reports the reason', async () => {
    await using emulator = await createEmulator({ scenario: steps([unavailable], [unavailable], []) });
    const told: RetryInfo[] = [];
    const stream = await openEventStream(requestTo(emulator.url), { retry: quick, onRetry: (info) => told.push(info) });
    expect(stream.attempt).toBe(3);
    expect(stream.status).toBe(200);
    expect(emulator.requests.map(({ body }) => body)).toEqual([prompt, prompt, prompt]);
    expect(told).toMatchObject([
      { attempt: 1, error: { code: 'bad-status', status: 503, attempts: 1 } },
      { attempt: 2, error: { code: 'bad-status', status: 503, attempts: 2 } },
    ]);
    stream.cancel();
  });

  it('is made at most maxAttempts times', async () => {
    await using emulator = await createEmulator({ scenario: 'always-unavailable' });
    const { error } = await outcomeOf(requestTo(emulator.url), { retry: { ...quick, maxAttempts: 4 } });
    expect(error).toMatchObject({ code: 'bad-status', attempts: 4 });
    expect(emulator.requests).toHaveLength(4);
  });

  it('is not made with retry: false', async () => {
    await using emulator = await createEmulator({ scenario: 'unavailable-then-fine' });
    const { error } = await outcomeOf(requestTo(emulator.url), { retry: false });
    expect(error).toMatchObject({ status: 503, attempts: 1 });
    expect(emulator.requests).toHaveLength(1);
  });

  it('follows a lost connection inside the iteration, and sends the same bytes even if the caller has changed them', async () => {
    await using emulator = await createEmulator({ scenario: steps([...lostAfterHeaders], []) });
    const body = new TextEncoder().encode(JSON.stringify(prompt));
    const stream = await openEventStream(requestTo(emulator.url, { json: undefined, body }), { retry: quick });
    body.fill(0);
    const before = stream.attempt;
    let count = 0;
    for await (const _event of stream) count += 1;
    expect([before, stream.attempt]).toEqual([1, 2]);
    expect(count).toBe(answerLength);
    expect(emulator.requests.map((request) => request.body)).toEqual([prompt, prompt]);
  });

  it('never follows an event that was delivered', async () => {
    await using emulator = await createEmulator({
      scenario: steps([{ type: 'cut', how: 'reset', afterEvents: 1 }], []),
    });
    const { events, error } = await outcomeOf(requestTo(emulator.url), { retry: quick });
    expect(events).toHaveLength(1);
    expect(error).toMatchObject({ code: 'connection-lost', eventsCount: 1, attempts: 1 });
    expect(emulator.requests).toHaveLength(1);
  });

  it.for([
    ['a timeout after the request was sent', { type: 'silence', headers: false }, 'headers-timeout'],
    ['a page', { type: 'html-page' }, 'not-event-stream'],
    ['a redirect to elsewhere', { type: 'redirect' }, 'cross-origin-redirect'],
    ['400', { type: 'error-status', status: 'INVALID_ARGUMENT' }, 'bad-status'],
  ] as const)('does not follow %s', async ([, fault, code]) => {
    await using emulator = await createEmulator({ scenario: steps([fault], []) });
    const { error } = await outcomeOf(requestTo(emulator.url), { retry: quick, headersTimeoutMs: 40 });
    expect(error).toMatchObject({ code, attempts: 1 });
  });

  it.for(['quota-retry-after', 'quota-retry-after-date'])('waits as long as the server asks: %s', async (scenario) => {
    await using emulator = await createEmulator({ scenario });
    const told: RetryInfo[] = [];
    const controller = new AbortController();
    const opening = outcomeOf(requestTo(emulator.url, { signal: controller.signal }), {
      retry: { baseDelayMs: 1 },
      onRetry: (info) => told.push(info),
    });
    await waitFor(() => told.length === 1);
    expect(told[0]?.delayMs).toBeGreaterThan(900);
    expect(told[0]?.delayMs).toBeLessThanOrEqual(2_001);
    controller.abort();
    expect((await opening).error?.code).toBe('aborted');
    expect(emulator.requests).toHaveLength(1);
  });

  it.for(['quota-retry-after', 'quota-retry-after-date'])(
    'is not made if the server asks for a longer wait than the limit: %s',
    async (scenario) => {
      await using emulator = await createEmulator({ scenario });
      const onRetry = vi.fn<(info: RetryInfo) => void>();
      const { error } = await outcomeOf(requestTo(emulator.url), { retry: { ...quick, maxDelayMs: 500 }, onRetry });
      expect(error).toMatchObject({ code: 'bad-status', status: 429, attempts: 1 });
      expect(error?.retryAfterMs).toBeGreaterThan(500);
      expect(onRetry).not.toHaveBeenCalled();
      expect(emulator.requests).toHaveLength(1);
    },
  );

  it('ends at once when the signal is aborted during the wait', async () => {
    await using emulator = await createEmulator({ scenario: 'always-unavailable' });
    const controller = new AbortController();
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const { error } = await outcomeOf(requestTo(emulator.url, { signal: controller.signal }), {
      retry: { decide: () => ({ retry: true, minDelayMs: 60_000 }) },
      onRetry: () => queueMicrotask(() => controller.abort(new Error('enough'))),
    });
    expect(error).toMatchObject({ code: 'aborted', cause: new Error('enough'), attempts: 1 });
    expect(timers()).toBeLessThanOrEqual(before);
  });
});

describe('retry.decide', () => {
  it('gets the facts of the failure, and decides', async () => {
    await using emulator = await createEmulator({ scenario: 'quota-retry-after' });
    const asked: RetryFailure[] = [];
    const { error } = await outcomeOf(requestTo(emulator.url), {
      retry: {
        decide(failure) {
          asked.push(failure);
          return { retry: false };
        },
      },
    });
    expect(error?.code).toBe('bad-status');
    expect(asked).toMatchObject([{ code: 'bad-status', status: 429, retryAfterMs: 2_000, attempt: 1 }]);
    expect(asked[0]?.bodyExcerpt).toContain('RESOURCE_EXHAUSTED');
    expect(asked[0]?.headers).toHaveProperty('content-type');
  });

  it('may allow a retry that is off by default', async () => {
    await using emulator = await createEmulator({ scenario: steps([{ type: 'html-page' }], []) });
    const { error, events } = await outcomeOf(requestTo(emulator.url), {
      retry: { ...quick, decide: () => ({ retry: true }) },
    });
    expect(error).toBeUndefined();
    expect(events).toHaveLength(answerLength);
  });

  it('leaves the decision to the defaults by returning undefined', async () => {
    await using emulator = await createEmulator({ scenario: steps([unavailable], []) });
    const { error } = await outcomeOf(requestTo(emulator.url), { retry: { ...quick, decide: () => undefined } });
    expect(error).toBeUndefined();
  });

  it('ends the stream when it throws', async () => {
    await using emulator = await createEmulator({ scenario: 'always-unavailable' });
    const decide = (): never => {
      throw new Error('mine');
    };
    const { error } = await outcomeOf(requestTo(emulator.url), { retry: { decide } });
    expect(error).toMatchObject({ code: 'consumer-failed', cause: new Error('mine') });
  });
});

it('a request succeeds although the server closes the kept-alive connection at that moment', async () => {
  const lost = steps([], [lostAtOnce], []);
  await using emulator = await createEmulator({ scenario: lost });
  const first = await outcomeOf(requestTo(emulator.url));
  expect(first.error).toBeUndefined();
  // undici keeps a connection for others one turn after its response.
  await nextTurn();
  const onRetry = vi.fn<(info: RetryInfo) => void>();
  const second = await outcomeOf(requestTo(emulator.url), { retry: { baseDelayMs: 60_000 }, onRetry });
  expect(second.error).toBeUndefined();
  expect(onRetry).toHaveBeenCalledWith(
    expect.objectContaining({ delayMs: 0, error: expect.objectContaining({ reusedConnection: true }) }),
  );
});

it('a lost connection is reported as new or reused', async () => {
  await using emulator = await createEmulator({ scenario: steps([lostAtOnce], [], [lostAtOnce]) });
  const outcomes = [];
  for (let count = 0; count < 3; count += 1) {
    outcomes.push(await outcomeOf(requestTo(emulator.url)));
    await nextTurn();
  }
  expect(outcomes.map(({ error }) => error?.reusedConnection)).toEqual([false, undefined, true]);
  expect(outcomes[0]?.error).toBeInstanceOf(HttpStreamError);
});
