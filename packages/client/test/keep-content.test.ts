import { createGemini, tool, type GeminiStreamEvent, type GenerateContentResponse } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { body, chunk } from './chunks.ts';

const usageMetadata = { promptTokenCount: 1, totalTokenCount: 9 };
const answer: GenerateContentResponse[] = [
  chunk([{ text: 'hm', thought: true }]),
  chunk([{ text: 'One, ' }]),
  chunk([{ text: 'two', thoughtSignature: 'c2ln' }]),
  chunk([{ functionCall: { name: 'look', willContinue: true } }]),
  chunk([{ functionCall: { partialArgs: [{ jsonPath: '$.at', stringValue: 'tide' }], willContinue: true } }]),
  chunk([{ functionCall: {} }]),
  chunk([{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }], {
    groundingMetadata: { webSearchQueries: ['tides'] },
    logprobsResult: { chosenCandidates: [{ token: 'two' }] },
  }),
  { ...chunk([{ text: '.' }], { finishReason: 'STOP' }), usageMetadata },
];

const eventsOf = async (stream: AsyncIterable<GeminiStreamEvent>): Promise<GeminiStreamEvent[]> => {
  const events: GeminiStreamEvent[] = [];
  for await (const event of stream) if (event.type !== 'end' && event.type !== 'start') events.push(event);
  return events;
};

describe('a stream that does not keep its content', () => {
  it('keepContent: false emits the same events, and the outcome has no content', async () => {
    await using emulator = await createEmulator({ recording: { body: body(...answer) } });
    const gemini = createGemini({ baseUrl: emulator.url });
    const kept = gemini.stream('hi');
    const stream = gemini.stream('hi', { keepContent: false });
    expect(await eventsOf(stream)).toEqual(await eventsOf(kept));
    const { text, response, ...outcome } = await stream.outcome;
    const { text: _text, response: _response, ...expected } = await kept.outcome;
    const timeless = { attemptReports: expect.any(Array) as unknown };
    expect({ ...outcome, ...timeless }).toEqual({ ...expected, ...timeless });
    expect(text).toBe('');
    expect(response).toEqual({
      candidates: [{ index: 0, content: { role: 'model', parts: [] }, finishReason: 'STOP' }],
      usageMetadata,
    });
  });

  it('an answer with keepContent: false may be larger than maxResponseBytes', async () => {
    const events = Array.from({ length: 40 }, () => chunk([{ text: 'x'.repeat(1_000) }]));
    const recording = { body: body(...events, chunk([{ text: '.' }], { finishReason: 'STOP' })) };
    await using emulator = await createEmulator({ recording });
    const gemini = createGemini({ baseUrl: emulator.url, maxResponseBytes: 2_000 });
    expect((await gemini.stream('hi').outcome).error?.code).toBe('response-too-large');
    let length = 0;
    const stream = gemini.stream('hi', { keepContent: false });
    for await (const text of stream.textStream) length += text.length;
    expect(length).toBe(40_001);
    expect((await stream.outcome).status).toBe('completed');
  });

  it('an answer larger than maxResponseBytes after a continuation token is not resumed from it', async () => {
    const token = chunk([{ text: 'One' }], { continuationToken: 'from-here' });
    const events = Array.from({ length: 40 }, () => chunk([{ text: 'x'.repeat(1_000) }]));
    const whole = { body: body(token, ...events, chunk([{ text: '.' }], { finishReason: 'STOP' })) };
    await using emulator = await createEmulator({ recording: whole });
    const gemini = createGemini({ baseUrl: emulator.url, maxResponseBytes: 2_000 });
    expect((await gemini.stream('hi', { keepContent: false }).outcome).status).toBe('completed');
    await using cut = await createEmulator({ recording: { body: body(token, ...events) } });
    const { status, attempts } = await createGemini({ baseUrl: cut.url, maxResponseBytes: 2_000 }).stream('hi', {
      keepContent: false,
    }).outcome;
    expect({ status, attempts }).toEqual({ status: 'truncated', attempts: 1 });
  });

  it.for<[string, object[]]>([
    ['fields of the response', Array.from({ length: 40 }, (_, index) => ({ [`f${index}`]: 'x'.repeat(100) }))],
    [
      'fields of a candidate',
      Array.from({ length: 40 }, (_, index) => ({ candidates: [{ [`f${index}`]: 'x'.repeat(100) }] })),
    ],
    [
      'pieces of one call',
      [
        chunk([{ functionCall: { name: 'f', willContinue: true } }]),
        ...Array.from({ length: 40 }, () =>
          chunk([
            {
              functionCall: {
                partialArgs: [{ jsonPath: '$.a', stringValue: 'x'.repeat(100), willContinue: true }],
                willContinue: true,
              },
            },
          ]),
        ),
      ],
    ],
    [
      'open calls of an interaction',
      Array.from({ length: 40 }, (_, index) => ({
        event_type: 'step.start',
        index,
        step: { type: 'function_call', name: 'x'.repeat(100) },
      })),
    ],
  ])('a stream fails if the content that it must hold exceeds maxResponseBytes: %s', async ([, events]) => {
    await using emulator = await createEmulator({ recording: { body: body(...events) } });
    const gemini = createGemini({ baseUrl: emulator.url, maxResponseBytes: 2_000 });
    const { error } = await gemini.stream('hi', { keepContent: false }).outcome;
    expect(error).toMatchObject({ code: 'response-too-large', limit: 2_000 });
  });

  it('the outcome has the latest of the fields that chunks repeat', async () => {
    const said = (text: string) => ({ usageMetadata: { trafficType: text }, modelStatus: { text } });
    const events = Array.from({ length: 40 }, (_, index) => ({ ...chunk([]), ...said(`${index}${'x'.repeat(400)}`) }));
    const recording = { body: body(...events, chunk([{ text: '.' }], { finishReason: 'STOP' })) };
    await using emulator = await createEmulator({ recording });
    const gemini = createGemini({ baseUrl: emulator.url, maxResponseBytes: 2_000 });
    expect((await gemini.stream('hi', { keepContent: false }).outcome).status).toBe('completed');
    expect((await gemini.stream('hi').outcome).error?.code).toBe('response-too-large');
  });

  it('a request is not retried after content with keepContent: false', async () => {
    const recording = { body: body(chunk([{ text: 'One' }]), 'data: {"error":{"code":503}}\n\n') };
    await using emulator = await createEmulator({ recording });
    const { status, attempts } = await createGemini({ baseUrl: emulator.url }).stream('hi', { keepContent: false })
      .outcome;
    expect({ status, attempts }).toEqual({ status: 'failed', attempts: 1 });
  });

  it('text() rejects with keepContent: false', async () => {
    await using emulator = await createEmulator();
    const stream = createGemini({ baseUrl: emulator.url }).stream('hi', { keepContent: false });
    await expect(stream.text()).rejects.toThrow(TypeError('text(): expected a stream that keeps its content'));
    await stream.outcome;
  });

  it('functions, chats and objects refuse keepContent: false', async () => {
    await using emulator = await createEmulator();
    const gemini = createGemini({ baseUrl: emulator.url });
    const options = { keepContent: false };
    const look = tool({ name: 'look', execute: () => 'tide' });
    expect(() => gemini.stream('hi', { ...options, tools: [look] })).toThrow(/^keepContent: .* tool\(\)/);
    expect(() => gemini.chat().stream('hi', options)).toThrow(/^keepContent: .* chat/);
    expect(() => gemini.streamObject('hi', { ...options, schema: { type: 'object' } })).toThrow(
      /^keepContent: .* object/,
    );
    expect(emulator.requests).toEqual([]);
  });
});
