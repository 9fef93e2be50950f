import { createGemini, type GenerateContentResponse, type UsageKind } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { expect, it } from 'vitest';
import { ResponseMerger } from '../src/merge/merge-response.ts';
import { body, chunk } from './chunks.ts';

const counts = (totalTokenCount: number): GenerateContentResponse => ({ usageMetadata: { totalTokenCount } });
const counted = (totalTokenCount: number, finishReason?: string): GenerateContentResponse => ({
  ...chunk([{ text: 'a' }], finishReason === undefined ? {} : { finishReason }),
  ...counts(totalTokenCount),
});
const failure = 'data: {"error":{"code":400,"status":"INVALID_ARGUMENT"}}\r\n\r\n';

it.for<[string, Buffer, UsageKind | undefined]>([
  ['with the finish reason', body(counted(3), counted(9, 'STOP')), 'final'],
  ['after the finish reason', body(counted(3), chunk([], { finishReason: 'STOP' }), counts(9)), 'final'],
  ['with a finish reason on every chunk', body(counted(3, 'STOP'), counted(9, 'STOP')), 'final'],
  ['twice, the second time with the finish reason', body(counted(9), counted(9, 'STOP')), 'final'],
  ['with a blocked prompt', body({ promptFeedback: { blockReason: 'SAFETY' }, ...counts(9) }), 'final'],
  ['only before the finish reason', body(counted(9), chunk([], { finishReason: 'STOP' })), 'last-seen'],
  ['before the answer was cut', body(counted(9)), 'last-seen'],
  ['before an error', body(counted(9), failure), 'last-seen'],
  ['with a finish reason before an error', body(counted(9, 'STOP'), failure), 'last-seen'],
  ['before the second candidate was complete', body(counted(9, 'STOP'), chunk([], { index: 1 })), 'last-seen'],
  ['never', body(chunk([{ text: 'a' }], { finishReason: 'STOP' })), undefined],
])('token counts that arrive %s have the right usageKind', async ([, recorded, usageKind]) => {
  await using emulator = await createEmulator({ recording: { body: recorded } });
  const outcome = await createGemini({ baseUrl: emulator.url, retry: false }).stream('hi').outcome;
  expect([outcome.usageKind, outcome.usage?.totalTokenCount]).toEqual([usageKind, usageKind && 9]);
});

it('token counts of a stopped answer are last-seen, even if every chunk has STOP', async () => {
  await using emulator = await createEmulator({
    scenario: [
      { type: 'finish-reason', on: 'every' },
      { type: 'pause', beforeEventMs: 20 },
    ],
  });
  const stream = createGemini({ baseUrl: emulator.url, usageEvents: 'changes' }).stream('Tell me about tides');
  for await (const event of stream) if (event.type === 'usage') stream.stop();
  expect(await stream.outcome).toMatchObject({ status: 'stopped', usageKind: 'last-seen' });
});

it('token counts of several requests are final with the last request', async () => {
  await using emulator = await createEmulator({ scenario: 'continuation-chain' });
  const { outcome } = createGemini({ baseUrl: emulator.url }).stream('Tell me about tides');
  expect(await outcome).toMatchObject({ status: 'completed', usageKind: 'final' });
});

it('final token counts of one request do not make those of the next final', () => {
  const merger = new ResponseMerger();
  merger.add(counted(9, 'CONTINUATION'), () => {});
  merger.nextAttempt();
  merger.add(chunk([{ text: 'b' }], { finishReason: 'STOP' }), () => {});
  expect(merger.isUsageFinal).toBe(false);
});
