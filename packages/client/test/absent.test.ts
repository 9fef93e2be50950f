import { createGemini, type GenerateContentResponse, type StreamOutcome } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { isAbsent, presentText, withoutAbsent } from '../src/wire/absent.ts';
import { keptTurn } from '../src/chat/history.ts';
import { body, chunk, type Chunks } from './chunks.ts';

async function outcomeOf(...events: Chunks): Promise<StreamOutcome> {
  await using emulator = await createEmulator({ recording: { body: body(...events) } });
  return await createGemini({ baseUrl: emulator.url, retry: false }).stream('hi').outcome;
}

const stop = { finishReason: 'STOP' };
const text = (value: string, candidate = {}): GenerateContentResponse => chunk([{ text: value }], candidate);
const raw = (value: unknown): object => value as object;

describe('isAbsent', () => {
  it.for([undefined, null, '', 'FINISH_REASON_UNSPECIFIED', 'BLOCKED_REASON_UNSPECIFIED', []])(
    '%j is absent',
    (value) => {
      expect(isAbsent(value)).toBe(true);
    },
  );

  it.for([0, false, ' ', 'STOP', 'UNSPECIFIED', {}, [null]])('%j is present', (value) => {
    expect(isAbsent(value)).toBe(false);
  });

  it('absent fields are left out, and an object without them is not copied', () => {
    const whole = { a: 1, b: false };
    expect(withoutAbsent(whole)).toBe(whole);
    expect(withoutAbsent({ ...whole, c: null, d: [], e: '' })).toEqual(whole);
    expect(['x', '', 'X_UNSPECIFIED', null, 5].map(presentText)).toEqual([
      'x',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('an absent reason', () => {
  it.for([null, '', 'BLOCK_REASON_UNSPECIFIED', 'BLOCKED_REASON_UNSPECIFIED', undefined])(
    'a block reason of %j does not block a good answer',
    async (blockReason) => {
      const outcome = await outcomeOf(raw({ ...text('a', stop), promptFeedback: { blockReason } }));
      expect(outcome).toMatchObject({ status: 'completed', text: 'a', blockReason: undefined });
    },
  );

  it.for([[], null, {}])('prompt feedback of %j keeps the reason of an earlier chunk', async (promptFeedback) => {
    const outcome = await outcomeOf({ promptFeedback: { blockReason: 'SAFETY' } }, raw({ promptFeedback }));
    expect(outcome).toMatchObject({ status: 'blocked', blockReason: 'SAFETY' });
  });

  it.for([null, '', 'FINISH_REASON_UNSPECIFIED'])(
    'a finish reason of %j does not replace that of an earlier chunk',
    async (finishReason) => {
      const outcome = await outcomeOf(text('a', stop), raw({ candidates: [{ finishReason }], usageMetadata: [] }));
      expect(outcome).toMatchObject({ status: 'completed', finishReason: 'STOP', text: 'a' });
    },
  );

  it.for([null, '', 'FINISH_REASON_UNSPECIFIED'])('an answer that ends with %j is truncated', async (finishReason) => {
    const outcome = await outcomeOf(raw(text('a', { finishReason: finishReason as string })));
    expect(outcome).toMatchObject({ status: 'truncated', finishReason: undefined, text: 'a' });
  });
});

describe('an absent field', () => {
  it('empty signatures do not keep texts apart, and do not go back to the API', async () => {
    const part = (value: string): object => ({ text: value, thoughtSignature: '' });
    const outcome = await outcomeOf(
      raw(chunk([part('a')])),
      raw(chunk([part('b')])),
      raw(chunk([{ thoughtSignature: '' }], stop)),
    );
    expect(outcome.response.candidates?.[0]?.content?.parts).toEqual([{ text: 'ab' }]);
    const message = { role: 'user', parts: [{ text: 'hi' }] };
    expect(keptTurn(message, outcome, 'completed')[1]).toEqual({ role: 'model', parts: [{ text: 'ab' }] });
  });

  it('a part with nothing but a signature goes back with an empty text', async () => {
    const outcome = await outcomeOf(text('a'), chunk([{ thoughtSignature: 'c2ln' }], stop));
    const message = { role: 'user', parts: [{ text: 'hi' }] };
    expect(keptTurn(message, outcome, 'completed')[1]?.parts).toEqual([
      { text: 'a' },
      { text: '', thoughtSignature: 'c2ln' },
    ]);
  });

  it.for<[name: string, candidate: object]>([
    ['safetyRatings', { safetyRatings: {} }],
    ['groundingMetadata', { groundingMetadata: [] }],
    ['citationMetadata', { citationMetadata: null }],
    ['logprobsResult', { logprobsResult: [] }],
    ['content', { content: [] }],
    ['continuationToken', { continuationToken: '' }],
  ])('an answer completes although its last chunk has an absent %s', async ([, candidate]) => {
    const outcome = await outcomeOf(text('a'), raw({ candidates: [{ ...candidate, finishReason: 'STOP' }] }));
    expect(outcome).toMatchObject({ status: 'completed', text: 'a' });
  });

  it.for([[], null, undefined])('token counts of %j keep the earlier ones', async (usageMetadata) => {
    const outcome = await outcomeOf(
      { ...text('a'), usageMetadata: { totalTokenCount: 7 } },
      raw({ ...text('b', stop), usageMetadata }),
    );
    expect(outcome).toMatchObject({ status: 'completed', usage: { totalTokenCount: 7 } });
  });

  it('token counts that were sent as strings are numbers', async () => {
    const usageMetadata = { totalTokenCount: '12', promptTokensDetails: [{ modality: 'TEXT', tokenCount: '4' }] };
    const outcome = await outcomeOf(raw({ ...text('a', stop), usageMetadata }));
    expect(outcome.usage).toEqual({ totalTokenCount: 12, promptTokensDetails: [{ modality: 'TEXT', tokenCount: 4 }] });
  });

  it.for([null, ''])('a call with the id %j has no id', async (id) => {
    const call = { id, name: 'f', args: [] } as never;
    const outcome = await outcomeOf(raw(chunk([{ functionCall: call }], stop)));
    expect(outcome.response.candidates?.[0]?.content?.parts).toEqual([{ functionCall: { name: 'f' } }]);
  });
});
