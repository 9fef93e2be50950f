import { setImmediate } from 'node:timers/promises';
import { createGemini, type GeminiOptions, type GeminiStreamEvent, type StreamOptions } from '@gemini/client';
import { createEmulator, type Emulator, type EmulatorOptions, type Scenario } from '@gemini/emulator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { body, chunk } from './chunks.ts';
import { waitFor } from './wait-for.ts';

const quick = { maxAttempts: 3, baseDelayMs: 1 };
const prompt = 'Tell me about tides';

/** Runs a scenario and returns what a subscriber, the outcome and the server saw. */
const run = async (
  scenario: EmulatorOptions['scenario'],
  options: GeminiOptions = {},
  streamOptions: StreamOptions = {},
) => {
  await using emulator = await createEmulator({ scenario });
  const stream = createGemini({ baseUrl: emulator.url, retry: quick, ...options }).stream(prompt, streamOptions);
  const events: GeminiStreamEvent[] = [];
  try {
    for await (const event of stream) events.push(event);
  } catch {
    // The outcome reports the error.
  }
  const outcome = await stream.outcome;
  return { events, outcome, text: textOf(events), types: events.map(({ type }) => type), requests: emulator.requests };
};

const thenFine = (faults: Scenario['steps'][number]['faults']): Scenario => ({
  name: 'then-fine',
  description: 'Something goes wrong once.',
  steps: [{ faults }, { faults: [] }],
});

const textOf = (events: readonly GeminiStreamEvent[]): string =>
  events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');

const wholeText = async (): Promise<string> => (await run([])).outcome.text;

const timersCount = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('a handover', () => {
  it.for(['continuation', 'continuation-chain'])(
    'an answer that is handed over arrives as one answer: %s',
    async (scenario) => {
      const { outcome, text, types, requests } = await run(scenario);
      expect(outcome).toMatchObject({ status: 'completed', finishReason: 'STOP', endedBy: 'end' });
      expect(text).toBe(await wholeText());
      expect(outcome.text).toBe(text);
      expect(outcome.response.candidates?.[0]).not.toHaveProperty('continuationToken');
      expect(types.filter((type) => type === 'resume')).toHaveLength(requests.length - 1);
      expect(requests[1]?.body).toMatchObject({
        contents: [{ role: 'user', parts: [{ text: prompt }] }],
        continuationToken: expect.any(String),
      });
      const costs = outcome.attemptReports.map(({ usage }) => usage?.totalTokenCount ?? 0);
      expect(outcome.usage?.totalTokenCount).toBe(costs.reduce((sum, cost) => sum + cost, 0));
      expect(outcome.attempts).toBe(requests.length);
    },
  );

  it('the second request is not read until the reader has caught up with the first one', async () => {
    const { events: all } = await run('continuation');
    const before = all.findIndex(({ type }) => type === 'resume');
    await using emulator = await createEmulator({ scenario: 'continuation' });
    // The `resume` event exceeds the history and causes the pause.
    const gemini = createGemini({ baseUrl: emulator.url, manager: { maxLagEvents: before } });
    const stream = gemini.stream(prompt);
    const reader = stream[Symbol.asyncIterator]();
    const eventsCount = (): number => gemini.streamStatus(stream.id)?.eventsCount ?? 0;
    await waitFor(() => emulator.requests[1]?.closedAt !== undefined || eventsCount() > before + 1);
    for (let turn = 0; turn < 100; turn += 1) await setImmediate();
    // The second `start` follows its response headers.
    expect(eventsCount()).toBe(before + 2);
    const types: string[] = [];
    for (let next = await reader.next(); !next.done; next = await reader.next()) types.push(next.value.type);
    expect(types).toEqual(all.map(({ type }) => type));
  });

  it('an answer is truncated if the server hands over without a token', async () => {
    const { outcome, requests } = await run([{ type: 'finish-reason', reason: 'CONTINUATION' }]);
    expect(outcome).toMatchObject({ status: 'truncated', finishReason: 'CONTINUATION' });
    expect(requests).toHaveLength(1);
  });
});

describe('a lost connection', () => {
  it.for([
    ['right after it', 'close', 4],
    ['some text after it', 'close', 5],
    ['with a body that seems to end well', 'end', 4],
  ] as const)(
    'an answer with a checkpoint loses and repeats no text: connection lost %s',
    async ([, how, afterEvents]) => {
      const faults = [{ type: 'checkpoints', everyPieces: 2 } as const, { type: 'cut', how, afterEvents } as const];
      const { outcome, text, types, requests } = await run(thenFine(faults));
      expect(outcome.status).toBe('completed');
      expect(text).toBe(await wholeText());
      expect(outcome.text).toBe(text);
      expect(types).toContain('resume');
      expect(requests).toHaveLength(2);
      expect(outcome.attemptReports).toMatchObject([{ kind: 'first' }, { kind: 'resume', attempt: 2 }]);
    },
  );

  // A reset may discard bytes that were not read yet: the answer then resumes from an earlier place, or is retried.
  it.for(['checkpoint-then-reset', 'checkpoint-then-text-then-reset'])(
    'a resumed answer repeats no text after a reset: %s',
    async (scenario) => {
      const { outcome, text } = await run(scenario);
      const whole = await wholeText();
      expect(whole.startsWith(text)).toBe(true);
      expect([outcome.text, outcome.status === 'completed']).toEqual([text, text === whole]);
    },
  );

  it('the text arrives exactly once, whatever byte the connection is lost at', async () => {
    const expected = await wholeText();
    const cuts = fc.array(fc.record({ afterEvents: fc.integer({ min: 0, max: 12 }), insideEvent: fc.boolean() }), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(cuts, fc.integer({ min: 1, max: 4 }), async (places, everyPieces) => {
        const lost = places.map((place) => ({
          faults: [{ type: 'checkpoints', everyPieces } as const, { type: 'cut', how: 'close', ...place } as const],
        }));
        const steps = [...lost, { faults: [] }];
        const { outcome, text } = await run(
          { name: 'lost', description: 'Lost again and again.', steps },
          { retry: { maxAttempts: 6, baseDelayMs: 0 } },
        );
        expect(expected.startsWith(text)).toBe(true);
        expect(outcome.text).toBe(text);
        if (outcome.status === 'completed') expect(text).toBe(expected);
        // Without a token the client cannot resume after content.
        else expect(outcome.error?.code).toBe('connection-lost');
      }),
      { numRuns: 60 },
    );
  });

  it.for(['close', 'end'] as const)(
    'an answer resumes after a cut inside an event, even if every chunk has STOP: %s',
    async (how) => {
      const faults = [
        { type: 'finish-reason', on: 'every' } as const,
        { type: 'checkpoints', everyPieces: 2 } as const,
        { type: 'cut', how, afterEvents: 5, insideEvent: true } as const,
      ];
      const { outcome, text, types, requests } = await run(thenFine(faults));
      expect(outcome).toMatchObject({ status: 'completed', endedBy: 'end', text });
      expect(text).toBe(await wholeText());
      expect(types.filter((type) => type === 'resume')).toHaveLength(1);
      expect(requests).toHaveLength(2);
    },
  );

  it('a resumed answer is truncated if the connection is lost again before the event that was cut', async () => {
    const always = [{ type: 'finish-reason', on: 'every' } as const, { type: 'checkpoints', everyPieces: 4 } as const];
    const { outcome, requests } = await run({
      name: 'lost-again',
      description: 'The resumed answer is lost at a border, where the first one had begun another event.',
      steps: [
        { faults: [...always, { type: 'cut', how: 'close', afterEvents: 5, insideEvent: true }] },
        {
          faults: [
            { type: 'finish-reason', on: 'every' },
            { type: 'cut', how: 'close', afterEvents: 1 },
          ],
        },
        { faults: [{ type: 'error-status', status: 'INVALID_ARGUMENT' }] },
      ],
    });
    expect(outcome.status).not.toBe('completed');
    expect(requests).toHaveLength(3);
  });

  it('restart: true starts the answer over after a body that ended inside its first event', async () => {
    const faults = [{ type: 'cut', how: 'end', afterEvents: 0, insideEvent: true } as const];
    const { outcome, text, requests } = await run(thenFine(faults), {}, { restart: true });
    expect(outcome).toMatchObject({ status: 'completed', text: await wholeText() });
    expect(text).toBe(outcome.text);
    expect(requests).toHaveLength(2);
  });

  it('an answer with STOP on every chunk is complete only if its whole text arrived', async () => {
    const expected = await wholeText();
    const cut = fc.record({
      afterEvents: fc.integer({ min: 0, max: 12 }),
      how: fc.constantFrom('close' as const, 'end' as const),
    });
    const cuts = fc.array(cut, { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(cuts, fc.integer({ min: 1, max: 4 }), async (places, everyPieces) => {
        const always = [{ type: 'finish-reason', on: 'every' } as const, { type: 'checkpoints', everyPieces } as const];
        const lost = places.map((place) => ({
          faults: [...always, { type: 'cut', insideEvent: true, ...place } as const],
        }));
        const { outcome, text } = await run(
          { name: 'lost', description: 'Cut again and again.', steps: [...lost, { faults: [] }] },
          { retry: { maxAttempts: 6, baseDelayMs: 0 } },
        );
        expect(expected.startsWith(text)).toBe(true);
        expect(outcome.text).toBe(text);
        if (outcome.status === 'completed') expect(text).toBe(expected);
        else expect(outcome.error?.code).toMatch(/^(?:connection-lost|truncated)$/);
      }),
      { numRuns: 40 },
    );
  });

  it('a stream without a token fails with the partial response', async () => {
    const { outcome, text, requests } = await run('closed-in-the-middle');
    expect(outcome).toMatchObject({ status: 'failed', endedBy: 'error', error: { code: 'connection-lost' } });
    expect(text).not.toBe('');
    expect(outcome.text).toBe(text);
    expect(outcome.error?.partial).toBe(outcome.response);
    expect(requests).toHaveLength(1);
  });
});

describe('a resumed answer', () => {
  it('a resumed answer that differs from the delivered text is not merged with it', async () => {
    // The server plays the recording from its beginning for every request.
    const answer = (text: string, more: object = {}) => ({ ...chunk([{ text }], more) });
    const recording = { body: body(answer('one ', { continuationToken: 'dG9rZW4=' }), answer('two ')) };
    await using emulator = await createEmulator({ recording });
    const { outcome } = createGemini({ baseUrl: emulator.url, retry: quick }).stream(prompt);
    expect(await outcome).toMatchObject({ status: 'failed', text: 'one two ', error: { code: 'resume-mismatch' } });
    expect(emulator.requests).toHaveLength(2);
  });

  it('a resumed answer that ends before it repeats the delivered text is not merged with it', async () => {
    const { outcome, text } = await run({
      name: 'shorter',
      description: 'Two pieces after a checkpoint are lost, and only one of them comes again.',
      steps: [
        {
          faults: [
            { type: 'checkpoints', everyPieces: 4 },
            { type: 'cut', how: 'close', afterEvents: 6 },
          ],
        },
        {
          faults: [
            { type: 'finish-reason', on: 'every' },
            { type: 'cut', how: 'end', afterEvents: 1 },
          ],
        },
      ],
    });
    expect(outcome).toMatchObject({ status: 'failed', text, error: { code: 'resume-mismatch' } });
  });

  it('handovers do not count against the budget of attempts', async () => {
    const handover = { faults: [{ type: 'continuation', afterPieces: 2 } as const] };
    const unavailable = { faults: [{ type: 'error-status' } as const] };
    const steps = [handover, handover, handover, unavailable, unavailable, { faults: [] }];
    const { outcome, text } = await run({ name: 'tired', description: 'Handovers, then failures.', steps });
    expect([outcome.status, text]).toEqual(['completed', await wholeText()]);
    expect(outcome.attempts).toBe(6);
  });

  it('an answer with several candidates is not resumed from a checkpoint', async () => {
    const first = [chunk([{ text: 'a' }], { continuationToken: 'dG9rZW4=' }), chunk([{ text: 'x' }], { index: 1 })];
    await using emulator = await createEmulator({ recording: { body: body(...first) } });
    const { outcome } = createGemini({ baseUrl: emulator.url, retry: quick }).stream(prompt);
    expect(await outcome).toMatchObject({ status: 'truncated', text: 'a', attempts: 1 });
    await createGemini({ baseUrl: emulator.url, retry: quick }).stream(prompt, { restart: true }).outcome;
    const tokens = emulator.requests.map(
      (request) => (request.body as { continuationToken?: string }).continuationToken,
    );
    expect(tokens).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('a request without content', () => {
  it.for(['unavailable-then-fine', 'internal-then-fine', 'error-event-then-fine'])(
    'a request that failed before content is retried: %s',
    async (scenario) => {
      const { outcome, text, types, requests } = await run(scenario);
      expect(outcome).toMatchObject({ status: 'completed', attempts: 2 });
      expect(text).toBe(await wholeText());
      expect(types).toContain('retry');
      expect(requests).toHaveLength(2);
      expect(outcome.attemptReports).toMatchObject([{ kind: 'first', code: 'api-error' }, { kind: 'retry' }]);
    },
  );

  it('a request to a server that is never available is sent three times', async () => {
    const { outcome, requests, types } = await run('always-unavailable');
    expect(outcome).toMatchObject({ status: 'failed', attempts: 3, error: { code: 'api-error', status: 503 } });
    expect(requests).toHaveLength(3);
    expect(types).toEqual(['retry', 'retry', 'end']);
  });

  it('a request is sent once with retry: false', async () => {
    expect((await run('always-unavailable', { retry: false })).requests).toHaveLength(1);
  });

  it.for([
    'invalid-argument',
    'unauthenticated',
    'permission-denied',
    'not-found',
    'quota-per-day',
    'html-page',
    'no-content',
  ])('a request is not retried after a permanent failure: %s', async (scenario) => {
    const { outcome, requests } = await run(scenario);
    expect(outcome).toMatchObject({ status: 'failed', attempts: 1, error: { retryable: false } });
    expect(requests).toHaveLength(1);
  });

  it.concurrent.for(['quota-retry-after', 'quota-retry-after-date'])(
    'a retry waits as long as the server asks: %s',
    async (scenario) => {
      const { outcome, requests, events } = await run(scenario);
      expect(outcome.status).toBe('completed');
      const [first, second] = requests;
      // A date has whole seconds: up to one of two seconds may have passed already.
      const askedMs = scenario === 'quota-retry-after' ? 2_000 : 1_000;
      expect((second?.receivedAt ?? 0) - (first?.receivedAt ?? 0)).toBeGreaterThanOrEqual(askedMs - 1);
      expect(events.find(({ type }) => type === 'retry')).toMatchObject({ status: 429, attempt: 2 });
    },
  );

  it('a stream ends at once if the server asks for a longer wait than maxDelayMs', async () => {
    const { outcome, requests } = await run('quota-retry-info', { retry: { ...quick, maxDelayMs: 4_000 } });
    expect(outcome.error).toMatchObject({ status: 429, retryAfterMs: 5_000, retryable: true });
    expect(requests).toHaveLength(1);
  });

  it('a stream ends at once if the server asks for a longer wait than totalTimeoutMs allows', async () => {
    const { outcome, requests } = await run('quota-retry-after', { totalTimeoutMs: 1_000 });
    expect(outcome.error).toMatchObject({ code: 'api-error', status: 429, retryAfterMs: 2_000 });
    expect(requests).toHaveLength(1);
  });

  it.for(['stop', 'abort'] as const)('the wait before a retry ends at once on %s', async (way) => {
    await using emulator = await createEmulator({ scenario: 'always-unavailable' });
    const controller = new AbortController();
    const gemini = createGemini({ baseUrl: emulator.url, retry: { baseDelayMs: 60_000 } });
    // Timers that earlier tests left in this process.
    await waitFor(() => timersCount() === 0);
    const stream = gemini.stream(prompt, { signal: controller.signal });
    for await (const event of stream) {
      if (event.type !== 'retry') continue;
      if (way === 'stop') stream.stop();
      else controller.abort();
    }
    expect(await stream.outcome).toMatchObject({ status: 'stopped', attempts: 1 });
    expect(emulator.requests).toHaveLength(1);
    expect(timersCount()).toBe(0);
  });

  it('the key function is called before each attempt', async () => {
    await using emulator = await createEmulator({
      apiKey: { accepted: ['second'], required: true },
      scenario: 'unavailable-then-fine',
    });
    const keys = ['second', 'second'];
    let asked = 0;
    const gemini = createGemini({ baseUrl: emulator.url, retry: quick, apiKey: () => keys[asked++] ?? '' });
    expect((await gemini.stream(prompt).outcome).status).toBe('completed');
    expect(asked).toBe(2);
  });
});

describe('restart: true', () => {
  it('restart: true starts over after content and names the events to discard', async () => {
    const { outcome, events, requests } = await run(thenFine([{ type: 'cut', how: 'close' }]), {}, { restart: true });
    const at = events.findIndex(({ type }) => type === 'retry');
    expect(events[at]).toMatchObject({ type: 'retry', attempt: 2, discardFrom: 0, code: 'connection-lost' });
    expect(textOf(events.slice(0, at))).not.toBe('');
    expect(textOf(events.slice(at))).toBe(await wholeText());
    expect(outcome.text).toBe(await wholeText());
    expect(requests).toHaveLength(2);
    // The report has the cost of the first request, although its text was discarded.
    expect(outcome.attemptReports[0]?.usage?.totalTokenCount).toBeGreaterThan(0);
  });

  it('a late subscriber of a restarted stream starts after the restart', async () => {
    await using emulator = await createEmulator({ scenario: thenFine([{ type: 'cut', how: 'close' }]) });
    const gemini = createGemini({ baseUrl: emulator.url, retry: quick });
    const id = gemini.startStream(prompt, { restart: true });
    const follow = async (): Promise<GeminiStreamEvent[]> => {
      const events: GeminiStreamEvent[] = [];
      await gemini.subscribeStream(id, (event) => event.type !== 'gap' && events.push(event)).ended;
      return events;
    };
    expect((await follow()).map(({ type }) => type)).toContain('retry');
    const late = await follow();
    expect(late[0]?.type).toBe('start');
    expect(late.map(({ type }) => type)).not.toContain('retry');
    expect(textOf(late)).toBe(await wholeText());
  });

  it('a late subscriber of a restarted stream that returns a promise gets one event after the other', async () => {
    await using emulator = await createEmulator({ scenario: thenFine([{ type: 'cut', how: 'close' }]) });
    const gemini = createGemini({ baseUrl: emulator.url, retry: quick });
    const id = gemini.startStream(prompt, { restart: true });
    await gemini.subscribeStream(id, () => undefined).ended;
    let [running, most, count] = [0, 0, 0];
    const { ended } = gemini.subscribeStream(id, async () => {
      running += 1;
      count += 1;
      most = Math.max(most, running);
      await setImmediate();
      running -= 1;
    });
    await ended;
    expect(count).toBeGreaterThan(2);
    expect(most).toBe(1);
  });

  it('textStream and text() refuse a stream with restart: true', async () => {
    await using emulator = await createEmulator();
    const stream = createGemini({ baseUrl: emulator.url }).stream(prompt, { restart: true });
    await expect(stream.text()).rejects.toThrow(TypeError);
    expect(() => stream.textStream[Symbol.asyncIterator]()).toThrow('restart: true');
    expect((await stream.outcome).status).toBe('completed');
  });
});

describe('a stale connection', () => {
  it('a stale keep-alive connection is replaced without an error', async () => {
    const first: Emulator = await createEmulator();
    const port = Number(new URL(first.url).port);
    const gemini = createGemini({ baseUrl: first.url, retry: quick });
    expect((await gemini.stream(prompt).outcome).status).toBe('completed');
    await waitFor(() => first.requests[0]?.closedAt !== undefined);
    await first.close();
    await using second = await createEmulator({ port });
    expect((await gemini.stream(prompt).outcome).status).toBe('completed');
    expect(second.requests).toHaveLength(1);
  });
});
