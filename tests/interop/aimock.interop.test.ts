import { LLMock } from '@copilotkit/aimock';
import { createGemini } from '@gemini/client';
import { afterAll, beforeAll, expect, it } from 'vitest';

const answer = 'Tides follow the moon, and the sun a little: twice a day, most places.';
const mock = new LLMock({ port: 0 });

beforeAll(async () => {
  mock.onMessage('tides', { content: answer });
  await mock.start();
});
afterAll(() => mock.stop());

it('the client streams from an independent mock server', async () => {
  const gemini = createGemini({ baseUrl: mock.url, apiKey: 'mock-key' });
  const stream = gemini.stream('Tell me about tides', { model: 'gemini-2.5-flash' });
  const pieces: string[] = [];
  for await (const text of stream.textStream) pieces.push(text);
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces.join('')).toBe(answer);
  expect(await stream.outcome).toMatchObject({ status: 'completed', finishReason: 'STOP', text: answer });
});

it('the client reports an error of an independent mock server', async () => {
  const { status, error } = await createGemini({ baseUrl: mock.url, apiKey: 'mock-key' }).stream('unscripted').outcome;
  expect(status).toBe('failed');
  expect(error?.status).toBe(404);
});
