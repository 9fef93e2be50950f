import { createGemini, type GeminiOptions } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';

const frames = [
  { event_type: 'interaction.created', interaction: { id: 'i1', status: 'in_progress' } },
  { event_type: 'step.start', index: 0, step: { type: 'thought' } },
  { event_type: 'step.delta', index: 0, delta: { type: 'thought_summary', content: { type: 'text', text: 'Hm.' } } },
  { event_type: 'step.delta', index: 0, delta: { type: 'thought_signature', signature: 'c2ln' } },
  { event_type: 'step.delta', index: 1, delta: { type: 'text', text: 'Good ' } },
  { event_type: 'step.delta', index: 1, delta: { type: 'text', text: 'day.' } },
  { event_type: 'step.delta', index: 1, delta: { type: 'something_new', text: 'not answer text' } },
  {
    event_type: 'interaction.completed',
    interaction: { id: 'i1', status: 'completed', model: 'm', usage: { total_tokens: 9, total_output_tokens: 4 } },
  },
];

it('the client reads events of the Interactions API', async () => {
  const body = Buffer.from(
    `${frames.map((frame) => `event: ${frame.event_type}\ndata: ${JSON.stringify(frame)}\n\n`).join('')}data: [DONE]\n\n`,
  );
  await using emulator = await createEmulator({ recording: { body } });
  const outcome = await createGemini({ baseUrl: emulator.url }).stream('hi').outcome;
  expect(outcome).toMatchObject({
    status: 'completed',
    text: 'Good day.',
    finishReason: 'STOP',
    usage: { totalTokenCount: 9, candidatesTokenCount: 4 },
    response: { responseId: 'i1', modelVersion: 'm' },
  });
  expect(outcome.response.candidates?.[0]?.content?.parts).toEqual([
    { text: 'Hm.', thought: true },
    { text: '', thought: true, thoughtSignature: 'c2ln' },
    { text: 'Good day.' },
  ]);
});

const call = (index: number, step: object): object => ({ event_type: 'step.start', index, step });
const pieces = (index: number, ...texts: readonly string[]): object[] =>
  texts.map((text) => ({ event_type: 'step.delta', index, delta: { type: 'arguments_delta', arguments: text } }));
const stop = (index: number): object => ({ event_type: 'step.stop', index });
const weather = { type: 'function_call', id: 'c1', name: 'weather', arguments: {} };
const completed = { event_type: 'interaction.completed', interaction: { id: 'i1', status: 'requires_action' } };

const outcomeOf = async (events: readonly object[], options: GeminiOptions = {}) => {
  const body = Buffer.from(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
  await using emulator = await createEmulator({ recording: { body } });
  const stream = createGemini({ baseUrl: emulator.url, retry: false, emptyAnswer: 'complete', ...options }).stream(
    'hi',
  );
  const calls: unknown[] = [];
  for await (const event of stream) {
    if (event.type === 'function-call-end') calls.push(event.call);
    if (event.type === 'end') return { calls, outcome: event.outcome };
  }
  throw new Error('there was no end');
};

describe('a function call of an interaction', () => {
  it.for<[string, readonly object[], readonly object[]]>([
    [
      'in pieces',
      [call(0, weather), ...pieces(0, '{"city":"Os', 'lo"}'), stop(0)],
      [{ id: 'c1', name: 'weather', args: { city: 'Oslo' } }],
    ],
    [
      'complete from the start',
      [call(0, { ...weather, arguments: { city: 'Oslo' } }), stop(0)],
      [{ id: 'c1', name: 'weather', args: { city: 'Oslo' } }],
    ],
    [
      'without arguments or id',
      [call(0, { type: 'function_call', name: 'now' }), stop(0)],
      [{ name: 'now', args: {} }],
    ],
    [
      'parallel to another call',
      [
        call(1, weather),
        call(2, { ...weather, id: 'c2' }),
        ...pieces(2, '{"city":"Bergen"}'),
        ...pieces(1, '{"city":"Oslo"}'),
        stop(1),
        stop(2),
      ],
      [
        { id: 'c1', name: 'weather', args: { city: 'Oslo' } },
        { id: 'c2', name: 'weather', args: { city: 'Bergen' } },
      ],
    ],
    ['without an end', [call(0, weather), ...pieces(0, '{"city":"Os')], []],
    ['of an unknown step', [...pieces(7, '{}'), stop(7)], []],
  ])('a call of an interaction is emitted once, when it is complete: %s', async ([, events, expected]) => {
    const { calls, outcome } = await outcomeOf([...events, completed]);
    expect(calls).toEqual(expected);
    expect(outcome).toMatchObject({ status: 'completed', finishReason: 'STOP' });
    const parts = outcome.response.candidates?.[0]?.content?.parts ?? [];
    expect(parts.map((part) => part.functionCall)).toEqual(expected);
  });

  it.for(['{"city":"Os', '[1]', '7'])(
    'a call with arguments that are not a JSON object is an invalid chunk: %s',
    async (text) => {
      const { calls, outcome } = await outcomeOf([call(0, weather), ...pieces(0, text), stop(0), completed]);
      expect(calls).toEqual([]);
      expect(outcome).toMatchObject({ status: 'failed', error: { code: 'invalid-chunk' } });
      expect(outcome.error?.message).toBe('event 2: the arguments of the call are not a JSON object');
    },
  );

  it('a call of an interaction cannot grow without a limit', async () => {
    const endless = pieces(0, ...Array.from({ length: 30 }, () => 'x'.repeat(100)));
    const { outcome } = await outcomeOf([call(0, weather), ...endless, stop(0), completed], {
      maxResponseBytes: 1_000,
    });
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'response-too-large', limit: 1_000 } });
  });
});

describe('an interaction', () => {
  const event = (type: string, fields: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ ...fields, event_type: type })}\n\n`;
  const delta = (fields: object): string => event('step.delta', { index: 0, delta: fields });
  const ended = (status: string, fields: object = {}): string =>
    event('interaction.completed', { interaction: { id: 'v1_a', status, ...fields } });
  const text = delta({ type: 'text', text: 'a' });

  async function endOf(...events: readonly string[]) {
    await using emulator = await createEmulator({ recording: { body: Buffer.from(events.join('')) } });
    return await createGemini({ baseUrl: emulator.url, retry: false }).stream('hi').outcome;
  }

  it.for<[status: string, fields: object, expected: object]>([
    ['completed', {}, { status: 'completed', finishReason: 'STOP' }],
    ['requires_action', {}, { status: 'completed', finishReason: 'STOP' }],
    ['incomplete', {}, { status: 'completed', finishReason: 'MAX_TOKENS' }],
    ['budget_exceeded', {}, { status: 'completed', finishReason: 'MAX_TOKENS' }],
    ['requires_continuation', {}, { status: 'truncated', finishReason: 'CONTINUATION' }],
    [
      'failed',
      { errors: [{ code: 'api_error', message: 'boom' }] },
      {
        status: 'failed',
        error: { code: 'api-error', reason: 'api_error', status: 500, message: '500 api_error: boom', retryable: true },
      },
    ],
    ['failed', {}, { status: 'failed', error: { code: 'api-error', message: 'the interaction failed' } }],
    ['cancelled', {}, { status: 'stopped', error: { code: 'stopped' } }],
    ['in_progress', {}, { status: 'truncated' }],
    ['something_new', {}, { status: 'truncated' }],
  ])('with the status %s has the right outcome: %j', async ([status, fields, expected]) => {
    expect(await endOf(text, ended(status, fields))).toMatchObject({ text: 'a', ...expected });
  });

  it.for<[code: string, status: number | undefined, retryable: boolean]>([
    ['rate_limit_exceeded', 429, true],
    ['quota_exceeded', 429, false],
    ['service_unavailable', 503, true],
    ['invalid_request', 400, false],
    ['brand_new', undefined, false],
  ])('that sends the error %s keeps its code', async ([code, status, retryable]) => {
    const outcome = await endOf(text, event('error', { error: { code, message: 'no' } }));
    expect(outcome).toMatchObject({
      status: 'failed',
      text: 'a',
      error: { code: 'api-error', reason: code, status, retryable },
    });
  });

  it('has its files as parts and events', async () => {
    const image = { type: 'image', mime_type: 'image/png', data: 'AQID' };
    const video = { type: 'video', mime_type: 'video/mp4', uri: 'https://files.example/1' };
    await using emulator = await createEmulator({
      recording: {
        body: Buffer.from(
          [
            delta(image),
            delta(video),
            delta({ type: 'audio', mime_type: 'audio/l16', data: 'eA==' }),
            ended('completed'),
          ].join(''),
        ),
      },
    });
    const stream = createGemini({ baseUrl: emulator.url }).stream('hi');
    const files: unknown[] = [];
    for await (const each of stream) if (each.type === 'inline-data') files.push([each.mimeType, each.data]);
    expect(files).toEqual([
      ['image/png', 'AQID'],
      ['audio/l16', 'eA=='],
    ]);
    const { status, response, unknownEvents } = await stream.outcome;
    expect([status, unknownEvents]).toEqual(['completed', 0]);
    expect(response.candidates?.[0]?.content?.parts).toEqual([
      { inlineData: { mimeType: 'image/png', data: 'AQID' } },
      { fileData: { mimeType: 'video/mp4', fileUri: 'https://files.example/1' } },
      { inlineData: { mimeType: 'audio/l16', data: 'eA==' } },
    ]);
  });

  it('has the text with which a step begins', async () => {
    const step = { type: 'model_output', content: [{ type: 'text', text: 'Once ' }] };
    const thought = { type: 'thought', summary: [{ type: 'text', text: 'Hm.' }] };
    const outcome = await endOf(
      event('step.start', { index: 0, step: thought }),
      event('step.start', { index: 1, step }),
      delta({ type: 'text', text: 'upon' }),
      ended('completed'),
    );
    expect(outcome.text).toBe('Once upon');
    expect(outcome.response.candidates?.[0]?.content?.parts?.[0]).toEqual({ text: 'Hm.', thought: true });
  });

  it('keeps the signature of a call, and takes an empty one for none', async () => {
    const signedCall = (signature: string): string =>
      event('step.start', { index: 0, step: { type: 'function_call', id: 'c', name: 'f', arguments: {}, signature } }) +
      event('step.stop', { index: 0 });
    const outcome = await endOf(signedCall('c2ln'), signedCall(''), ended('requires_action'));
    const parts = outcome.response.candidates?.[0]?.content?.parts;
    expect(parts?.map(({ thoughtSignature }) => thoughtSignature)).toEqual(['c2ln', undefined]);
  });

  it('counts what is not understood', async () => {
    const outcome = await endOf(
      event('interaction.created', { interaction: { id: 'v1_a', status: 'in_progress' } }),
      event('interaction.renamed', {}),
      event('step.start', { index: 0, step: { type: 'hologram' } }),
      delta({ type: 'hologram', data: 'x' }),
      delta({ type: 'google_search_call', arguments: { queries: ['q'] } }),
      text,
      ended('completed'),
      'event: done\ndata: [DONE]\n\n',
    );
    expect(outcome).toMatchObject({ status: 'completed', text: 'a', unknownEvents: 3 });
  });
});
