import { describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import { ask, rawRequest, streamPath } from './raw-request.ts';

interface Chunk {
  candidates?: { content: { parts: { text?: string }[] }; finishReason?: string; index?: number }[];
  usageMetadata: {
    promptTokenCount: number;
    candidatesTokenCount: number;
    totalTokenCount: number;
    trafficType?: string;
  };
  modelVersion: string;
  responseId: string;
}

const readEvents = (body: string): Chunk[] =>
  body
    .split('\r\n\r\n')
    .filter(Boolean)
    .map((event) => JSON.parse(event.replace(/^data: /u, '')) as Chunk);
const textOf = (chunks: readonly Chunk[]): string =>
  chunks.map((chunk) => chunk.candidates?.[0]?.content.parts[0]?.text ?? '').join('');

describe('streams', () => {
  it.for(['v1', 'v1beta', 'v1alpha', 'v1beta1'])('a stream is answered under /%s', async (version) => {
    await using emulator = await createEmulator();
    const path = `/${version}/models/gemini-2.5-flash:streamGenerateContent?alt=sse`;
    const response = await rawRequest(emulator.url, path, { body: ask('Why is the sky blue?') });
    expect(response.status).toBe(200);
    expect(response.head).toMatch(/content-type: text\/event-stream/iu);
    expect(response.body).toMatch(/^(?:data: \{[^\r\n]*\}\r\n\r\n)+$/u);
  });

  it('every chunk has usage, model and response id, and only the last a finish reason', async () => {
    await using emulator = await createEmulator();
    const chunks = readEvents((await rawRequest(emulator.url, streamPath, { body: ask('Tell me about rivers') })).body);
    expect(chunks.length).toBeGreaterThan(5);
    expect(chunks.map((chunk) => chunk.candidates?.[0]?.finishReason)).toEqual([
      ...chunks.slice(1).map(() => undefined),
      'STOP',
    ]);
    expect(new Set(chunks.map((chunk) => chunk.responseId)).size).toBe(1);
    expect(chunks[0]?.modelVersion).toBe('gemini-3.8-flash');
    const totals = chunks.map((chunk) => chunk.usageMetadata.totalTokenCount);
    expect(totals).toEqual(totals.toSorted((left, right) => left - right));
  });

  it('each event is a write of its own, with its time', async () => {
    await using emulator = await createEmulator();
    const response = await rawRequest(emulator.url, streamPath, { body: ask('Tell me about rivers') });
    const [request] = emulator.requests;
    expect(response.chunks).toEqual(request?.writes.map((write) => write.text));
    expect(response.head).toContain(`x-emulator-request: ${request?.id}`);
    expect(request).toMatchObject({ closedBy: 'server', status: 200, bytesWritten: Buffer.byteLength(response.body) });
  });

  it('the text is the same for the same seed and prompt, and different for another seed', async () => {
    const answer = async (seed: number): Promise<string> => {
      await using emulator = await createEmulator({ seed });
      return textOf(readEvents((await rawRequest(emulator.url, streamPath, { body: ask('Explain tides') })).body));
    };
    const [first, second, other] = [await answer(1), await answer(1), await answer(2)];
    expect(second).toBe(first);
    expect(other).not.toBe(first);
    expect(first).toContain('tides');
  });

  it('a count has one number in each chunk', async () => {
    await using emulator = await createEmulator();
    const response = await rawRequest(emulator.url, streamPath, { body: ask('Count slowly from 1 to 10') });
    const chunks = readEvents(response.body);
    expect(chunks).toHaveLength(10);
    expect(textOf(chunks)).toBe('1, 2, 3, 4, 5, 6, 7, 8, 9, 10.');
  });

  it('a stream without alt=sse is a JSON array of the same objects', async () => {
    await using emulator = await createEmulator();
    const path = '/v1beta/models/gemini-flash-latest:streamGenerateContent';
    const response = await rawRequest(emulator.url, path, { body: ask('Count from 1 to 3') });
    expect(response.head).toMatch(/content-type: application\/json/iu);
    expect(textOf(JSON.parse(response.body) as Chunk[])).toBe('1, 2, 3.');
  });

  it('a stream on a Vertex path has no index, but a traffic type', async () => {
    await using emulator = await createEmulator();
    const path =
      '/v1beta1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse';
    const chunks = readEvents((await rawRequest(emulator.url, path, { body: ask('Count from 1 to 3') })).body);
    expect(chunks[0]?.candidates?.[0]).not.toHaveProperty('index');
    expect(chunks[0]?.usageMetadata).toEqual({ trafficType: 'ON_DEMAND' });
  });
});
