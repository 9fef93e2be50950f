import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { geminiMiddleware } from '@gemini/ai-sdk';
import { createEmulator, type Emulator } from '@gemini/emulator';
import { generateText, streamText, wrapLanguageModel } from 'ai';
import { describe, expect, it } from 'vitest';

const baseOf = (emulator: Emulator): string => `${emulator.url}/v1beta`;

function modelOf(baseURL: string, { hasFetch = true } = {}) {
  const middleware = geminiMiddleware();
  const provider = createGoogleGenerativeAI({
    baseURL,
    apiKey: 'any',
    ...(hasFetch ? { fetch: middleware.fetch } : {}),
  });
  return wrapLanguageModel({ model: provider('gemini-2.5-flash'), middleware });
}

describe('a model of the Google provider', () => {
  it('has the verdict, the times and the requests of its answer, beside what the provider has', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 200, burst: 1 } });
    const answer = streamText({ model: modelOf(baseOf(emulator)), prompt: 'Count from 1 to 9' });
    expect(await answer.text).toBe('1, 2, 3, 4, 5, 6, 7, 8, 9.');
    const metadata = await answer.finalStep.then(({ providerMetadata }) => providerMetadata);
    expect(metadata?.['gemini']).toEqual({
      verdict: expect.objectContaining({ kind: 'live' }) as object,
      timing: { firstPartMs: expect.any(Number) as number, durationMs: expect.any(Number) as number },
      attempts: 1,
    });
    expect(metadata?.['google']).toBeDefined();
  });

  it('has its own facts, while others run at the same time', async () => {
    await using live = await createEmulator({ pace: { tokensPerSecond: 200, burst: 1 } });
    await using buffered = await createEmulator({ scenario: 'buffered', pace: { tokensPerSecond: 200, burst: 1 } });
    const kinds = await Promise.all(
      [live, buffered, live, buffered].map(async (emulator) => {
        const answer = streamText({ model: modelOf(baseOf(emulator)), prompt: 'Count from 1 to 20' });
        await answer.text;
        const { providerMetadata } = await answer.finalStep;
        return (providerMetadata?.['gemini'] as { verdict: { kind: string } } | undefined)?.verdict.kind;
      }),
    );
    expect(kinds).toEqual(['live', 'buffered', 'live', 'buffered']);
  });

  it('has its times alone without our fetch, and for an answer at once', async () => {
    await using emulator = await createEmulator();
    const answer = streamText({ model: modelOf(baseOf(emulator), { hasFetch: false }), prompt: 'hi' });
    await answer.text;
    const inconclusive = { verdict: { kind: 'inconclusive' }, attempts: 1 };
    expect((await answer.finalStep).providerMetadata?.['gemini']).toMatchObject(inconclusive);
    const { finalStep } = await generateText({ model: modelOf(baseOf(emulator)), prompt: 'hi' });
    expect(finalStep.providerMetadata?.['gemini']).toMatchObject(inconclusive);
  });
});
