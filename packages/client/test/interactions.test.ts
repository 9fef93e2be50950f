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
