import { createGemini, type GeminiOptions } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
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
  it('ends the stream', async () => {
    const outcome = await outcomeOf(whole);
    expect(outcome).toMatchObject({ status: 'failed', text: 'a', error: { code: 'invalid-chunk' }, skippedChunks: 0 });
  });

  it('is passed over and counted where that is asked for', async () => {
    const outcome = await outcomeOf(whole, { invalidChunks: 'skip' });
    expect(outcome).toMatchObject({ status: 'completed', text: 'ab', error: undefined, skippedChunks: 2 });
  });

  it('leaves an answer truncated when it was the one with the finish reason', async () => {
    const outcome = await outcomeOf(body(chunk([{ text: 'a' }]), broken), { invalidChunks: 'skip' });
    expect(outcome).toMatchObject({ status: 'truncated', text: 'a', skippedChunks: 1 });
  });

  it('is not what half an event at the end is: that is a cut', async () => {
    const cut = body(chunk([{ text: 'a' }], stop), chunk([{ text: 'b' }], stop)).subarray(0, -30);
    expect(await outcomeOf(cut, { invalidChunks: 'skip' })).toMatchObject({ status: 'truncated', skippedChunks: 0 });
  });

  it('is not what an error of the API is', async () => {
    const recorded = body(chunk([{ text: 'a' }]), 'data: {"error":{"code":503,"message":"no"}}\r\n\r\n');
    const outcome = await outcomeOf(recorded, { invalidChunks: 'skip' });
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'api-error', status: 503 }, skippedChunks: 0 });
  });
});

it.for(['ignore', true, null])('invalidChunks: %j cannot be meant', (invalidChunks) => {
  expect(() => createGemini({ invalidChunks } as never)).toThrow(
    `invalidChunks: expected 'fail' or 'skip', got ${invalidChunks === null ? 'null' : typeof invalidChunks}`,
  );
});
