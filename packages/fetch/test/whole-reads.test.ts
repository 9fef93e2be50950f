import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serveModel } from './model-server.ts';
import { type Frame, frameText } from './model-wires.ts';
import { fetchWithEnds, geminiPath, prompt, readBody } from './read-body.ts';

/** Words of a model that look like the end of its answer. */
const words = fc.oneof(
  fc.constantFrom(
    '[DONE]',
    'data: [DONE]',
    '"finishReason":"STOP"',
    '"finish_reason":"stop"',
    '{"type":"message_stop"}',
    '{"error":{"code":503,"message":"Busy."}}',
    'event: error',
    'Reason"',
    'Token"',
    'finishReason',
    '\\"finishReason\\":',
    '\n\ndata: {}\n\n',
    '\\',
    '\\\\"',
    '潮の満ち引き 🌊 ü',
    '<b>',
  ),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
);

/** JSON as servers write it: with escapes or without, with spaces or without. */
const json = (value: unknown): fc.Arbitrary<string> =>
  fc.constantFrom(
    JSON.stringify(value),
    JSON.stringify(value, undefined, 1).replaceAll(/\n */g, ' '),
    JSON.stringify(value).replaceAll(/\\(["\\])/g, (_, each) =>
      each === '"' ? String.raw`\u0022` : String.raw`\u005c`,
    ),
    JSON.stringify(value).replaceAll('<', String.raw`\u003c`),
    JSON.stringify(value)
      .replaceAll('ish', String.raw`\u0069sh`)
      .replaceAll('rror', String.raw`rr\u006Fr`),
  );
const frame = (value: unknown, name?: string): fc.Arbitrary<Frame> => json(value).map((data) => ({ data, name }));

const gemini = fc.oneof(
  {
    weight: 6,
    arbitrary: words.chain((text) => frame({ candidates: [{ content: { parts: [{ text }] }, index: 0 }] })),
  },
  words.chain((text) =>
    frame({ usageMetadata: { totalTokenCount: text.length }, candidates: [{ content: { parts: [{ text }] } }] }),
  ),
  words.chain((text) => frame({ candidates: [{ content: { parts: [{ text }] } }], usageMetadata: { n: text } })),
  words.chain((text) => frame({ candidates: [{ content: { parts: [{ text }] }, finishReason: 'STOP' }] })),
  frame({ candidates: [{ content: { parts: [] }, continuationToken: 'dG9rZW4=', finishReason: 'CONTINUATION' }] }),
  frame({ promptFeedback: { blockReason: 'SAFETY' } }),
  frame({ error: { code: 503, message: 'Busy.', status: 'UNAVAILABLE' } }),
  frame({ code: 429, message: 'Slowly.', status: 'RESOURCE_EXHAUSTED' }),
  frame({ usageMetadata: { totalTokenCount: 7 } }),
  fc.constantFrom<Frame>({ data: '[DONE]' }, { data: '{"candidates":oops}' }, { data: '{"ping":1}', name: 'ping' }),
);
const delta = (choice: object, more: object = {}): object => ({
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta: {}, ...choice }],
  ...more,
});
const openAi = fc.oneof(
  { weight: 6, arbitrary: words.chain((content) => frame(delta({ delta: { content }, finish_reason: null }))) },
  frame(delta({ index: 1, delta: { content: 'b' } })),
  frame(delta({ finish_reason: 'stop' })),
  frame(delta({ index: 1, finish_reason: 'stop' })),
  frame({ choices: [], usage: { total_tokens: 8 } }),
  frame({ error: { message: 'Busy.', type: 'server_error', code: null } }),
  frame({ message: 'no' }, 'error'),
  fc.constantFrom<Frame>({ data: '[DONE]' }, { data: ' [done] ' }, { data: '' }),
);
const responses = fc.oneof(
  {
    weight: 6,
    arbitrary: words.chain((text) =>
      frame({ type: 'response.output_text.delta', delta: text }, 'response.output_text.delta'),
    ),
  },
  frame({ type: 'response.created', response: { error: null } }, 'response.created'),
  frame({ type: 'response.completed', response: { usage: { total_tokens: 8 } } }, 'response.completed'),
  frame({ type: 'error', message: 'Busy.' }, 'error'),
  frame({ error: { message: 'Busy.' } }),
);
const anthropic = fc.oneof(
  {
    weight: 6,
    arbitrary: words.chain((text) =>
      frame({ type: 'content_block_delta', delta: { type: 'text_delta', text } }, 'content_block_delta'),
    ),
  },
  frame({ type: 'message_start', message: { usage: { input_tokens: 3 } } }, 'message_start'),
  frame({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } }, 'message_delta'),
  frame({ type: 'message_stop' }, 'message_stop'),
  frame({ type: 'error', error: { type: 'overloaded_error', message: 'Busy.' } }, 'error'),
  frame({}, 'error'),
);
const interactions = fc.oneof(
  {
    weight: 6,
    arbitrary: words.chain((text) =>
      frame({ event_type: 'step.delta', index: 0, delta: { type: 'text', text } }, 'step.delta'),
    ),
  },
  frame(
    { event_type: 'interaction.created', interaction: { id: 'v1_a', status: 'in_progress' } },
    'interaction.created',
  ),
  frame({ event_type: 'interaction.completed', interaction: { usage: { total_tokens: 3 } } }, 'interaction.completed'),
  frame({ event_type: 'interaction.status_update', status: 'requires_action' }, 'interaction.status_update'),
  frame({}, 'interaction.completed'),
  frame({ event_type: 'error', error: { code: 'internal', message: 'Busy.' } }, 'error'),
  frame({ message: 'Busy.' }),
  frame({ detail: 'Busy.' }),
);

interface Api {
  readonly name: string;
  readonly path: string;
  readonly frames: fc.Arbitrary<Frame>;
  readonly body: object;
  /** A body that has every event parsed. */
  readonly parsedBody?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

const several = { generationConfig: { candidateCount: 2 } };

const apis: readonly Api[] = [
  { name: 'Gemini', path: geminiPath, frames: gemini, body: { contents: [] }, parsedBody: several },
  {
    name: 'Gemini with several answers',
    path: geminiPath,
    frames: fc.oneof(
      gemini,
      words.chain((text) => frame({ candidates: [{ content: { parts: [{ text }] }, index: 1 }] })),
      frame({ candidates: [{ content: {}, index: 1, finishReason: 'STOP' }] }),
    ),
    body: several,
  },
  { name: 'OpenAI chat', path: '/v1/chat/completions', frames: openAi, body: { messages: [] } },
  { name: 'OpenAI Responses', path: '/v1/responses', frames: responses, body: { input: 'hi' } },
  { name: 'Anthropic', path: '/v1/messages', frames: anthropic, body: {}, headers: { 'anthropic-version': '1' } },
  { name: 'Interactions', path: '/v1beta/interactions', frames: interactions, body: {} },
  { name: 'any other server', path: '/chat', frames: fc.oneof(openAi, anthropic), body: {} },
];

/** Reads a body that comes in pieces, and returns what a caller sees of it. */
async function read({ path, body, headers }: Api, bytes: Buffer, cuts: readonly number[]): Promise<object> {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((left, right) => left - right);
  const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
  await using server = await serveModel([
    { steps: [...pieces.map((piece) => ({ type: 'write' as const, bytes: piece })), { type: 'end' }] },
  ]);
  const { fetch, ended } = fetchWithEnds();
  const response = await fetch(`${server.url}${path}`, {
    ...prompt,
    headers: { ...prompt.headers, ...headers },
    body: JSON.stringify({ model: 'm', stream: true, ...body }),
  });
  const { text, error } = await readBody(response);
  const { usage, error: reported, timing } = await ended;
  // After an event that ends a stream, the rest of a read is counted and not read.
  const isDecided = /api-error|invalid-chunk/.test(JSON.stringify(reported) ?? '');
  const events = isDecided ? undefined : timing?.eventsCount;
  return { text: text.replaceAll('\r', ''), usage, error: facts(error), reported: facts(reported), events };
}

function facts(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  // The port is another one each time.
  return { ...Object.fromEntries(Object.entries(error)), message: error.message.replace(/:\d+/, '') };
}

describe('a read that is handed on as it came', () => {
  it.for(apis)('is judged as if each of its events was read: $name', async (api) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(api.frames, { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(2_000), { maxLength: 5 }),
        fc.constantFrom('\n', '\r\n'),
        fc.nat(3),
        async (frames, cuts, lineEnd, missing) => {
          // A comment inside an event has it parsed: the slow way.
          const texts = frames.map((each) => frameText(each));
          const fast = texts.join('').replaceAll('\n', lineEnd);
          const slow = texts
            .map((text) => `: x\n${text}`)
            .join('')
            .replaceAll('\n', lineEnd);
          const end = Math.max(0, missing - 1);
          const [seen, expected] = await Promise.all([
            read(api, Buffer.from(fast).subarray(0, Math.max(0, Buffer.byteLength(fast) - end)), cuts),
            read(
              { ...api, body: api.parsedBody ?? api.body },
              Buffer.from(slow).subarray(0, Math.max(0, Buffer.byteLength(slow) - end)),
              [],
            ),
          ]);
          expect(seen).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.for<[string, string, object, readonly string[], string | undefined]>([
    [
      'Gemini, a name behind an escape',
      geminiPath,
      {},
      [String.raw`{"candidates":[{"content":{"parts":[]},"finish\u0052eason":"STOP"}]}`],
      undefined,
    ],
    [
      'Gemini, the second of two answers continues',
      geminiPath,
      several,
      [
        '{"candidates":[{"content":{"parts":[{"text":"b"}]},"index":1}]}',
        '{"candidates":[{"content":{"parts":[]},"finishReason":"STOP"}]}',
      ],
      'truncated',
    ],
    [
      'OpenAI chat, a name behind an escape',
      '/v1/chat/completions',
      { messages: [] },
      ['{"choices":[{"index":0,"delta":{}}]}', String.raw`{"choices":[{"index":0,"finish_re\u0061son":"stop"}]}`],
      undefined,
    ],
    [
      'OpenAI chat, the first of two answers continues',
      '/v1/chat/completions',
      { messages: [] },
      ['{"choices":[{"index":0,"delta":{}}]}', '{"choices":[{"index":1,"finish_reason":"stop"}]}'],
      'truncated',
    ],
    [
      'OpenAI Responses, a type behind an escape',
      '/v1/responses',
      { input: 'hi' },
      [String.raw`{"type":"response\u002Ecompleted"}`],
      undefined,
    ],
    ['Anthropic, a type behind an escape', '/v1/messages', {}, [String.raw`{"type":"message\u005fstop"}`], undefined],
    [
      'Interactions, a name behind an escape',
      '/v1beta/interactions',
      {},
      [String.raw`{"event_type":"step.stop","\u0073tatus":"completed"}`],
      undefined,
    ],
  ])('is judged by what JSON means, not by how it is written: %s', async ([, path, body, data, code]) => {
    // Each event comes in a read of its own.
    const steps = data.map((each) => ({ type: 'write' as const, bytes: `data: ${each}\n\n` }));
    await using server = await serveModel([{ steps: [...steps, { type: 'end' }] }]);
    const response = await fetchWithEnds().fetch(`${server.url}${path}`, {
      ...prompt,
      headers: { ...prompt.headers, 'anthropic-version': '1' },
      body: JSON.stringify({ model: 'm', stream: true, ...body }),
    });
    const { text, error } = await readBody(response);
    expect(text).toBe(data.map((each) => `data: ${each}\n\n`).join(''));
    expect((error as { readonly code?: string } | undefined)?.code).toBe(code);
  });
});
