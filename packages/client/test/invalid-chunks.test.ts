import { createGemini, type GeminiOptions } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { keptTurn } from '../src/chat/history.ts';
import { body, chunk } from './chunks.ts';

const stop = { finishReason: 'STOP' };
const broken = 'data: {"candidates":[{"content":\r\n\r\n';
const misshapen = 'data: {"candidates":7}\r\n\r\n';
const whole = body(chunk([{ text: 'a' }]), broken, misshapen, chunk([{ text: 'b' }], stop));

const outcomeOf = async (recorded: Buffer, options: GeminiOptions = {}) => {
  await using emulator = await createEmulator({ recording: { body: recorded } });
  return await createGemini({ baseUrl: emulator.url, retry: false, ...options }).stream('hi').outcome;
};

describe('an event that cannot be read', () => {
  it('an unreadable event ends the stream', async () => {
    const outcome = await outcomeOf(whole);
    expect(outcome).toMatchObject({ status: 'failed', text: 'a', error: { code: 'invalid-chunk' }, skippedChunks: 0 });
  });

  it('an unreadable event is skipped and counted with invalidChunks: skip', async () => {
    const outcome = await outcomeOf(whole, { invalidChunks: 'skip' });
    expect(outcome).toMatchObject({ status: 'completed', text: 'ab', error: undefined, skippedChunks: 2 });
  });

  it('an answer is truncated if the skipped event had the finish reason', async () => {
    const outcome = await outcomeOf(body(chunk([{ text: 'a' }]), broken), { invalidChunks: 'skip' });
    expect(outcome).toMatchObject({ status: 'truncated', text: 'a', skippedChunks: 1 });
  });

  it('a cut event at the end is not an unreadable event', async () => {
    const cut = body(chunk([{ text: 'a' }], stop), chunk([{ text: 'b' }], stop)).subarray(0, -30);
    expect(await outcomeOf(cut, { invalidChunks: 'skip' })).toMatchObject({ status: 'truncated', skippedChunks: 0 });
  });

  it('an error of the API is not an unreadable event', async () => {
    const recorded = body(chunk([{ text: 'a' }]), 'data: {"error":{"code":503,"message":"no"}}\r\n\r\n');
    const outcome = await outcomeOf(recorded, { invalidChunks: 'skip' });
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'api-error', status: 503 }, skippedChunks: 0 });
  });
});

describe('an event that is nested too deep', () => {
  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  const data = (json: string): string => `data: ${json}\r\n\r\n`;
  const inCall = (levels: number): string =>
    `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":${nested(levels)}}}}]}}]}`;

  it.for<[string, string]>([
    ['the arguments of a call', inCall(30_000)],
    ['the sources', `{"candidates":[{"groundingMetadata":{"groundingChunks":${nested(30_000)}}}]}`],
    ['a field of the response', `{"unknown":${nested(30_000)}}`],
    ['a field of the token counts', `{"usageMetadata":{"unknown":${nested(30_000)}}}`],
  ])('an event with deep nesting ends the stream with the partial response: %s', async ([, json]) => {
    const outcome = await outcomeOf(body(chunk([{ text: 'a' }]), data(json), chunk([{ text: 'b' }], stop)));
    expect(outcome).toMatchObject({ status: 'failed', text: 'a', error: { code: 'invalid-chunk' } });
    expect(outcome.error?.message).toBe('event 1 is nested deeper than 1000 levels');
    expect(JSON.stringify(outcome.response)).toContain('"text":"a"');
  });

  it('an event may have 1,000 levels, and a history accepts them', async () => {
    // The argument begins on the ninth level.
    const allowed = await outcomeOf(body(data(inCall(992)), chunk([{ text: 'b' }], stop)));
    expect(allowed).toMatchObject({ status: 'completed', text: 'b' });
    const prompt = { role: 'user', parts: [{ text: 'hi' }] };
    expect(keptTurn(prompt, allowed, 'completed')[1]?.parts).toHaveLength(2);
    const deeper = await outcomeOf(body(data(inCall(993)), chunk([{ text: 'b' }], stop)));
    expect(deeper.error?.code).toBe('invalid-chunk');
  });

  it('a call of an interaction in pieces may not be nested too deep either', async () => {
    const step = (fields: object): string => data(JSON.stringify(fields));
    const recorded = body(
      step({ event_type: 'step.start', index: 0, step: { type: 'function_call', name: 'f' } }),
      step({
        event_type: 'step.delta',
        index: 0,
        delta: { type: 'arguments_delta', arguments: `{"a":${nested(30_000)}}` },
      }),
      step({ event_type: 'step.stop', index: 0 }),
    );
    expect((await outcomeOf(recorded)).error?.code).toBe('invalid-chunk');
  });
});

it.for(['ignore', true, null])('invalidChunks refuses %j', (invalidChunks) => {
  expect(() => createGemini({ invalidChunks } as never)).toThrow(
    `invalidChunks: expected 'fail' or 'skip', got ${invalidChunks === null ? 'null' : typeof invalidChunks}`,
  );
});
