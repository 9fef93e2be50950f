import { createGemini, type GeminiStreamEvent, type Part, type StoredStreamEvent } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { body, chunk, type Chunks } from './chunks.ts';

const thoughtSignature = 'c2lnbmF0dXJl';

/** Streams these chunks, and returns the events of their content and the outcome. */
async function stream(...chunks: Chunks) {
  await using emulator = await createEmulator({
    recording: { body: body(...chunks, { candidates: [{ finishReason: 'STOP' }] }) },
  });
  const started = createGemini({ baseUrl: emulator.url }).stream('hi', { emptyAnswer: 'complete' });
  const events: GeminiStreamEvent[] = [];
  for await (const event of started) if (event.type !== 'start' && event.type !== 'end') events.push(event);
  return { events, outcome: await started.outcome };
}

describe('every part of an answer has an event', () => {
  it.for<[name: string, part: Part, event: Partial<StoredStreamEvent>]>([
    [
      'a file at an address',
      { fileData: { fileUri: 'gs://b/film', mimeType: 'video/mp4', displayName: 'Film' }, thoughtSignature },
      { type: 'file', uri: 'gs://b/film', mimeType: 'video/mp4', displayName: 'Film', thoughtSignature },
    ],
    [
      'a file with its data',
      { inlineData: { mimeType: 'image/png', data: 'eA==' }, thoughtSignature },
      { type: 'inline-data', mimeType: 'image/png', data: 'eA==', thought: false, thoughtSignature },
    ],
    [
      'a call of a tool of the server',
      { toolCall: { id: '1', toolType: 'GOOGLE_SEARCH_WEB', args: { queries: ['x'] } }, thoughtSignature },
      { type: 'server-tool-call', id: '1', toolType: 'GOOGLE_SEARCH_WEB', args: { queries: ['x'] }, thoughtSignature },
    ],
    [
      'its result',
      { toolResponse: { id: '1', toolType: 'GOOGLE_SEARCH_WEB', response: { found: 1 } } },
      { type: 'server-tool-result', id: '1', toolType: 'GOOGLE_SEARCH_WEB', response: { found: 1 } },
    ],
    [
      'a transcription',
      { audioTranscription: { text: 'hello', finished: true, languageCode: 'en', speakerLabel: '1' } },
      { type: 'transcription', text: 'hello', finished: true, languageCode: 'en', speakerLabel: '1' },
    ],
    [
      'code and its signature',
      { executableCode: { language: 'PYTHON', code: '1' }, thoughtSignature },
      { type: 'executable-code', language: 'PYTHON', code: '1', thoughtSignature },
    ],
    ['text and its signature', { text: 'a', thoughtSignature }, { type: 'text-delta', text: 'a', thoughtSignature }],
    [
      'a thought and its signature',
      { text: 'a', thought: true, thoughtSignature },
      { type: 'thought-delta', text: 'a', thoughtSignature },
    ],
    ['a signature alone', { text: '', thoughtSignature }, { type: 'part', part: { text: '', thoughtSignature } }],
    [
      'the result of a function that the server ran',
      { functionResponse: { name: 'served', response: { sky: 'clear' } } },
      { type: 'part', part: { functionResponse: { name: 'served', response: { sky: 'clear' } } } },
    ],
    [
      'a kind that is not known yet',
      { hologram: { depth: 3 }, thoughtSignature } as Part,
      { type: 'part', part: { hologram: { depth: 3 }, thoughtSignature } as Part },
    ],
  ])('%s', async ([, part, event]) => {
    const { events, outcome } = await stream(chunk([part]));
    expect(events).toEqual([{ ...event, candidate: 0 }]);
    expect(outcome.response.candidates?.[0]?.content?.parts).toEqual([part]);
  });

  it('a part with several kinds of content has an event for each', async () => {
    const part = { text: 'a', fileData: { fileUri: 'u' }, hologram: { depth: 3 } } as Part;
    const { events } = await stream(chunk([part]));
    expect(events).toEqual([
      { type: 'text-delta', text: 'a', candidate: 0 },
      { type: 'file', uri: 'u', candidate: 0 },
      { type: 'part', part: { hologram: { depth: 3 } }, candidate: 0 },
    ]);
  });

  it('a call and the signature of its part', async () => {
    const { events } = await stream(chunk([{ functionCall: { name: 'f', args: {} }, thoughtSignature }]));
    expect(events.at(-1)).toMatchObject({ type: 'function-call-end', thoughtSignature });
  });

  it('an empty part and an empty text have none', async () => {
    const { events } = await stream(chunk([{}, { text: '' }, { thought: true, text: '' }]));
    expect(events).toEqual([]);
  });
});

it('the status of the model has an event, and another one when it changes', async () => {
  const modelStatus = { modelStage: 'DEPRECATED', retirementTime: '2027-01-01T00:00:00Z' };
  const next = { modelStage: 'RETIRED' };
  const { events, outcome } = await stream(
    { ...chunk([{ text: 'a' }]), modelStatus },
    { ...chunk([{ text: 'b' }]), modelStatus },
    { ...chunk([{ text: 'c' }]), modelStatus: next },
  );
  expect(events.filter(({ type }) => type === 'model-status')).toEqual([
    { type: 'model-status', modelStatus },
    { type: 'model-status', modelStatus: next },
  ]);
  expect(outcome.response.modelStatus).toEqual(next);
});

it('the service tier is in the outcome, from the token counts', async () => {
  const { outcome } = await stream({ ...chunk([{ text: 'a' }]), usageMetadata: { serviceTier: 'flex' } });
  expect(outcome.serviceTier).toBe('flex');
});

it('the service tier is in the outcome, from the header of the last response', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-gemini-service-tier': 'priority' });
    response.end(body(chunk([{ text: 'a' }], { finishReason: 'STOP' })));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { outcome } = createGemini({ baseUrl: `http://127.0.0.1:${port}` }).stream('hi');
  expect(await outcome).toMatchObject({ status: 'completed', serviceTier: 'priority' });
  server.close();
});

it('textStream has no text for a signature alone, and no signature is served to a page', async () => {
  await using emulator = await createEmulator({
    recording: {
      body: body(
        chunk([{ text: 'a', thoughtSignature }]),
        chunk([{ text: '', thoughtSignature }], { finishReason: 'STOP' }),
      ),
    },
  });
  const gemini = createGemini({ baseUrl: emulator.url });
  const texts: string[] = [];
  for await (const text of gemini.stream('hi').textStream) texts.push(text);
  expect(texts).toEqual(['a']);
  const served = await gemini
    .stream('hi')
    .toResponse({ as: 'sse', include: ['thoughts', 'calls'] })
    .text();
  expect(served).toContain('"text":"a"');
  expect(served).not.toContain(thoughtSignature);
});

it.for<[part: object, path: string]>([
  [{ fileData: { fileUri: 7 } }, 'fileData.fileUri: expected a string'],
  [{ toolCall: { args: [1] } }, 'toolCall.args: expected an object'],
  [{ toolResponse: 'x' }, 'toolResponse: expected an object'],
  [{ audioTranscription: { text: {} } }, 'audioTranscription.text: expected a string'],
])('a part that cannot be read fails the stream, and loses nothing before it: %j', async ([part, path]) => {
  await using emulator = await createEmulator({
    recording: { body: body(chunk([{ text: 'a' }]), chunk([part])) },
  });
  const { error, text } = await createGemini({ baseUrl: emulator.url }).stream('hi').outcome;
  expect(text).toBe('a');
  expect(error).toMatchObject({ code: 'invalid-chunk' });
  expect(error?.message).toContain(path);
});
