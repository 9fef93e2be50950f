import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createEmulator } from '@gemini/emulator';
import { streamText } from 'ai';
import { describe, expect, it } from 'vitest';
import { fetchWithEnds } from '../../packages/fetch/test/read-body.ts';

describe('the Interactions model of the AI SDK over our fetch', () => {
  const counted = '1, 2, 3, 4, 5, 6, 7, 8.';
  const input = 'Count slowly from 1 to 8';
  const modelOf = (baseUrl: string, fetch: typeof globalThis.fetch) =>
    createGoogleGenerativeAI({ apiKey: 'any-key', baseURL: `${baseUrl}/v1beta`, fetch }).interactions(
      'gemini-3.8-flash',
    );

  it('streams, and the end has the tokens', async () => {
    await using emulator = await createEmulator();
    const { fetch, ends } = fetchWithEnds();
    const { textStream, usage } = streamText({ model: modelOf(emulator.url, fetch), prompt: input });
    let text = '';
    for await (const piece of textStream) text += piece;
    expect(text).toBe(counted);
    expect((await usage).outputTokens).toBeGreaterThan(0);
    expect(ends).toMatchObject([{ usage: expect.any(Object), error: undefined }]);
  });

  it('has an error after all that came of an answer that was cut', async () => {
    await using emulator = await createEmulator({ scenario: [{ type: 'cut', how: 'close', afterEvents: 6 }] });
    const { fetch, ends } = fetchWithEnds();
    const errors: unknown[] = [];
    const { fullStream } = streamText({
      model: modelOf(emulator.url, fetch),
      prompt: input,
      maxRetries: 0,
      onError: ({ error }) => void errors.push(error),
    });
    let text = '';
    // This model reports a failed body by throwing from its stream.
    try {
      for await (const part of fullStream) if (part.type === 'text-delta') text += part.text;
    } catch (error) {
      errors.push(error);
    }
    expect(text).not.toBe('');
    expect(counted.startsWith(text)).toBe(true);
    expect(text).not.toBe(counted);
    expect(errors).not.toEqual([]);
    expect(ends).toMatchObject([{ error: { code: expect.stringMatching(/^(?:truncated|connection-lost)$/) } }]);
  });
});
