import { createGemini, tool } from '@gemini/client';
import type { GeminiError, GeminiStream, GeminiStreamEvent, ModelChoice, StreamOptions } from '@gemini/client';
import { createEmulator, type EmulatorOptions, type Scenario } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { Agent, type Dispatcher } from 'undici';
import { z } from 'zod';

type Faults = Scenario['steps'][number]['faults'];

const counted = '1, 2, 3.';
const models = ['first', 'second', 'third'];
const retry = { maxAttempts: 2, baseDelayMs: 0 };
const unavailable = { type: 'error-status', status: 'UNAVAILABLE', message: 'The model is overloaded.' } as const;
const overloaded: Faults = [unavailable];
const silence: Faults = [{ type: 'silence', afterEvents: 0 }];
const spent: Faults = [
  {
    type: 'error-status',
    status: 'RESOURCE_EXHAUSTED',
    message: 'You exceeded your current quota.',
    quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier',
  },
];

/** The faults of each request to a model. */
type ModelFaults = Readonly<Record<string, Faults>>;

/** A dispatcher that chooses the scenario of a request by its model. */
function failing(faults: ModelFaults): Dispatcher {
  return new Agent().compose((dispatch) => (options, handler) => {
    const own = faults[modelOf(options.path)] ?? [];
    const scenario = JSON.stringify({ name: 'failing', description: 'Fails.', steps: [{ faults: own }] });
    const headers = { ...(options.headers as Record<string, string>), 'x-emulator-scenario': scenario };
    return dispatch({ ...options, headers }, handler);
  });
}

const modelOf = (path: string): string => /models\/(\w+):/.exec(path)?.[1] ?? '';

/** Streams an answer to its end, and returns what its reader, its outcome and the server saw. */
async function ask(faults: ModelFaults, options: StreamOptions = {}, server: EmulatorOptions = { models }) {
  await using emulator = await createEmulator(server);
  const dispatcher = failing(faults);
  const gemini = createGemini({ baseUrl: emulator.url, retry, dispatcher });
  const stream = gemini.stream('Count slowly from 1 to 3', { model: models, ...options });
  const events = await eventsOf(stream);
  const outcome = await stream.outcome;
  await dispatcher.close();
  return { outcome, events, asked: emulator.requests.map(({ path }) => modelOf(path)), requests: emulator.requests };
}

async function eventsOf(stream: GeminiStream): Promise<GeminiStreamEvent[]> {
  const events: GeminiStreamEvent[] = [];
  try {
    for await (const event of stream) events.push(event);
  } catch {
    // The outcome has the error.
  }
  return events;
}

const fallbacks = (events: readonly GeminiStreamEvent[]) => events.filter(({ type }) => type === 'fallback');

describe('the next model is asked', () => {
  it.for<[name: string, faults: Faults, requests: number, code: string, status: number | undefined]>([
    ['after the retries of an overloaded model', overloaded, 2, 'api-error', 503],
    ['at once if a quota of the day is used up', spent, 1, 'api-error', 429],
    ['at once if the server asks for a long wait', [{ ...unavailable, retryInfoSeconds: 3_600 }], 1, 'api-error', 503],
    [
      'after the retries of a body without content',
      [{ type: 'cut', how: 'end', afterEvents: 0 }],
      2,
      'empty-body',
      200,
    ],
    ['after the retries of a reset', [{ type: 'cut', how: 'reset', afterEvents: 0 }], 2, 'connection-lost', undefined],
  ])('%s', async ([, faults, count, code, status]) => {
    const { outcome, events, asked } = await ask({ first: faults });
    const requests = Array.from({ length: count }, () => 'first');
    expect(asked).toEqual([...requests, 'second']);
    expect(outcome).toMatchObject({ status: 'completed', text: counted, model: 'second', attempts: count + 1 });
    expect(outcome.attemptReports.map(({ model, kind }) => [model, kind])).toEqual([
      ...requests.map((model, index) => [model, index === 0 ? 'first' : 'retry']),
      ['second', 'fallback'],
    ]);
    const attempt = count + 1;
    expect(fallbacks(events)).toEqual([{ type: 'fallback', attempt, from: 'first', to: 'second', code, status }]);
    const starts = events.filter((event) => event.type === 'start');
    expect(starts.at(-1)).toMatchObject({ model: 'second', attempt });
  });

  it('at once if the model does not exist', async () => {
    const { outcome, asked, events } = await ask({}, {}, { models: ['second'] });
    expect(asked).toEqual(['first', 'second']);
    expect(outcome).toMatchObject({ status: 'completed', model: 'second', attempts: 2 });
    expect(fallbacks(events)).toMatchObject([{ code: 'api-error', status: 404 }]);
  });

  it.for<[name: string, reply: object, code: string]>([
    ['an empty answer', { finishReason: 'STOP' }, 'empty-answer'],
    ['a malformed call', { finishReason: 'MALFORMED_FUNCTION_CALL' }, 'empty-answer'],
    ['thoughts that used up the tokens', { thoughts: ['Hm.'], finishReason: 'MAX_TOKENS' }, 'empty-answer'],
  ])('at once after %s, whatever emptyAnswer retries', async ([, reply, code]) => {
    const server: EmulatorOptions = {
      models,
      script: [{ match: { model: 'first' }, reply }, { reply: { text: 'hello' } }],
    };
    for (const emptyAnswer of ['fail', 'retry'] as const) {
      const { outcome, asked, events } = await ask({}, { emptyAnswer }, server);
      expect(asked).toEqual(['first', 'second']);
      expect(outcome).toMatchObject({ status: 'completed', text: 'hello', model: 'second' });
      expect(fallbacks(events)).toMatchObject([{ code }]);
    }
    const { outcome, asked } = await ask({}, { emptyAnswer: 'complete' }, server);
    expect(asked).toEqual(['first']);
    expect(outcome).toMatchObject({ status: 'completed', model: 'first' });
  });

  it('if no content comes in time, and the socket of the silent one is closed', async () => {
    const first = { model: 'first', firstContentTimeoutMs: 40 };
    const { outcome, requests } = await ask({ first: silence }, { model: [first, 'second'] });
    expect(outcome).toMatchObject({
      text: counted,
      model: 'second',
      attempts: 2,
      attemptReports: [
        { model: 'first', code: 'first-content-timeout' },
        { model: 'second', kind: 'fallback' },
      ],
    });
    expect(requests[0]?.closedBy).toBe('client');
  });

  it('if no headers come in time, and the socket of the silent one is closed before they do', async () => {
    await using emulator = await createEmulator({ models, scenario: [{ type: 'silence', headers: false }] });
    const gemini = createGemini({ baseUrl: emulator.url, firstContentTimeoutMs: 40, retry: false });
    const { outcome } = gemini.stream('hello', { model: ['first', 'second'] });
    expect(await outcome).toMatchObject({ status: 'failed', error: { code: 'first-content-timeout' }, attempts: 2 });
    const [first, second] = await emulator.whenReceived(2);
    for (const { id } of [first, second].filter((request) => request !== undefined)) {
      expect((await emulator.whenClosed(id)).closedBy).toBe('client');
    }
  });

  it('and thoughts of the model before are discarded', async () => {
    const script = [{ match: { model: 'first' }, reply: { thoughts: ['Hm.'] } }, { reply: { text: 'hello' } }];
    const { outcome, events } = await ask({}, {}, { models, script });
    expect(fallbacks(events)).toMatchObject([{ discardFrom: 0 }]);
    expect(outcome.response.candidates?.[0]?.content?.parts).toEqual([{ text: 'hello' }]);
  });

  it('and the one after it, and the last failure is the outcome', async () => {
    const { outcome, asked, events } = await ask(
      { first: overloaded, second: overloaded, third: overloaded },
      { retry: false },
    );
    expect(asked).toEqual(models);
    expect(outcome).toMatchObject({ status: 'failed', model: 'third', attempts: 3, error: { status: 503 } });
    expect(fallbacks(events)).toMatchObject([
      { from: 'first', to: 'second' },
      { from: 'second', to: 'third' },
    ]);
  });

  it('after content with restart: true, and its text is discarded', async () => {
    const cut: Faults = [{ type: 'cut', how: 'reset', afterEvents: 1 }];
    const { outcome, events, asked } = await ask({ first: cut }, { restart: true });
    expect(asked).toEqual(['first', 'first', 'second']);
    expect(outcome).toMatchObject({ status: 'completed', text: counted, model: 'second' });
    expect(fallbacks(events)).toMatchObject([{ discardFrom: 0, code: 'connection-lost' }]);
  });
});

describe('no other model is asked', () => {
  it.for<[name: string, faults: Faults, status: number | undefined]>([
    ['400', [{ type: 'error-status', status: 'INVALID_ARGUMENT', message: 'No.' }], 400],
    ['401', [{ type: 'error-status', status: 'UNAUTHENTICATED', message: 'No.' }], 401],
    ['403', [{ type: 'error-status', status: 'PERMISSION_DENIED', message: 'No.' }], 403],
    [
      '404 of something else',
      [{ type: 'error-status', status: 'NOT_FOUND', message: 'Requested entity was not found.' }],
      404,
    ],
    ['a connection that was lost after content', [{ type: 'cut', how: 'reset', afterEvents: 1 }], 200],
  ])('after %s', async ([, faults, status]) => {
    const { outcome, asked, events } = await ask({ first: faults });
    expect(asked).toEqual(['first']);
    expect(outcome).toMatchObject({ status: 'failed', model: 'first', attempts: 1 });
    expect((outcome.error as GeminiError).status).toBe(status);
    expect(fallbacks(events)).toEqual([]);
  });

  it.for([{ blockReason: 'SAFETY' }, { finishReason: 'SAFETY' }])('after a refusal: %j', async (reply) => {
    const { outcome, asked } = await ask({}, {}, { models, script: [{ reply }] });
    expect(asked).toEqual(['first']);
    expect(outcome.status).toBe('blocked');
  });

  it('after the caller stopped, or the time of the stream is over', async () => {
    const { outcome, asked } = await ask({ first: silence }, { totalTimeoutMs: 50 });
    expect(asked).toEqual(['first']);
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'total-timeout' } });
  });
});

it('each model has its own request, limits and retries', async () => {
  const model = [
    { model: 'first', retry: false, config: { thinkingConfig: { thinkingBudget: 0 } } },
    { model: 'second', config: { temperature: 0, seed: 2 } },
  ] as const;
  const { outcome, requests } = await ask({ first: overloaded }, { model, generationConfig: { seed: 1 } });
  expect(outcome).toMatchObject({ status: 'completed', model: 'second', attempts: 2 });
  expect(requests.map(({ body }) => (body as { generationConfig: unknown }).generationConfig)).toEqual([
    { seed: 1, thinkingConfig: { thinkingBudget: 0 } },
    { seed: 2, temperature: 0 },
  ]);
});

it('a turn with functions stays with the model that answered', async () => {
  await using emulator = await createEmulator({
    models,
    script: [
      { match: { model: 'first' }, reply: { error: { status: 'UNAVAILABLE', message: 'Busy.' } } },
      { match: { turn: 1 }, reply: { functionCalls: [{ name: 'echo', args: { text: 'hi' } }] } },
      { reply: { text: 'Done.' } },
    ],
  });
  const echo = tool({ name: 'echo', parameters: z.object({ text: z.string() }), execute: ({ text }) => ({ text }) });
  const chat = createGemini({ baseUrl: emulator.url, retry: false }).chat({ model: models, tools: [echo] });
  const stream = chat.stream('Go.');
  expect(await stream.text()).toBe('Done.');
  expect(await stream.outcome).toMatchObject({ model: 'second', attempts: 3 });
  expect(emulator.requests.map(({ path }) => /models\/(\w+):/.exec(path)?.[1])).toEqual(['first', 'second', 'second']);
  // The next message begins with the first model again.
  await chat.stream('Once more.').text();
  expect(emulator.requests[3]?.path).toContain('models/first:');
});

it.for<[choice: unknown, message: string]>([
  [[], 'model: expected at least one model, got an empty array'],
  [['first', 7], 'model[1]: expected a name or an object, got number'],
  [[{ name: 'first' }], 'model[0].name: unknown option'],
  [[{ model: 'first', retrys: 1 }], 'did you mean model[0].retry?'],
  [[{ model: 1 }], 'model[0].model: expected a name, got number'],
  [[{ model: 'first', firstContentTimeoutMs: 0 }], 'model[0].firstContentTimeoutMs: expected a number above 0, got 0'],
  [[{ model: 'first', retry: { maxAttempts: 0 } }], 'model[0].retry.maxAttempts'],
  [[{ model: 'first', config: { tools: [] } }], 'model[0].config.tools: expected none'],
  [['first', 'a b'], 'model: expected a name such as'],
])('an invalid list of models throws a TypeError before anything is sent: %j', ([choice, message]) => {
  const gemini = createGemini({ baseUrl: 'http://127.0.0.1:1' });
  const model = choice as ModelChoice;
  expect(() => gemini.stream('hi', { model })).toThrow(TypeError);
  expect(() => gemini.stream('hi', { model })).toThrow(message);
});
