import { createGemini } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { GoogleGenAI } from '@google/genai';
import { expect, it } from 'vitest';

const prompt = 'Tell me about tides';
const model = 'gemini-flash-latest';

it("streams from the emulator with Google's own SDK as with ours", async () => {
  await using emulator = await createEmulator({ seed: 7 });
  const google = new GoogleGenAI({ apiKey: 'any-key', httpOptions: { baseUrl: emulator.url } });
  const pieces: string[] = [];
  let finishReason: string | undefined;
  for await (const chunk of await google.models.generateContentStream({ model, contents: prompt })) {
    pieces.push(chunk.text ?? '');
    finishReason = chunk.candidates?.[0]?.finishReason ?? finishReason;
  }
  expect(pieces.length).toBeGreaterThan(1);
  expect(finishReason).toBe('STOP');

  const ours = await createGemini({ baseUrl: emulator.url, apiKey: 'any-key' }).stream(prompt, { model }).outcome;
  expect(ours.text).toBe(pieces.join(''));
  expect(emulator.requests.map(({ body }) => body)).toEqual([
    expect.objectContaining({ contents: [{ role: 'user', parts: [{ text: prompt }] }] }),
    { contents: [{ role: 'user', parts: [{ text: prompt }] }] },
  ]);
});

it("is refused by the emulator as by Google, in the SDK's own terms", async () => {
  await using emulator = await createEmulator();
  const google = new GoogleGenAI({ apiKey: 'bad-key', httpOptions: { baseUrl: emulator.url } });
  await expect(google.models.generateContentStream({ model, contents: prompt })).rejects.toMatchObject({ status: 400 });
});
