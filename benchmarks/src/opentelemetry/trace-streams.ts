import { resolveGeminiOptions } from '../../../packages/client/src/options.ts';
import { StreamTrace } from '../../../packages/client/src/answer/trace.ts';
import { ContentForm } from '../../../packages/client/src/tools/content-form.ts';
import type { StreamOutcome } from '@gemini/client';

const gemini = resolveGeminiOptions({ baseUrl: 'http://127.0.0.1:1' });
const request = {
  contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
  generationConfig: { temperature: 0.5, maxOutputTokens: 900 },
};
const model = 'gemini-flash-latest';
const form = new ContentForm([{ model, url: new URL('http://127.0.0.1:1/'), request }], {
  isVertex: false,
  maxResponseBytes: 1,
});
const chunk = { responseId: 'an-id', modelVersion: 'gemini-3.8-flash' };
const outcome = {
  status: 'completed',
  endedBy: 'end',
  finishReason: 'STOP',
  attempts: 1,
  usage: { promptTokenCount: 4, candidatesTokenCount: 79, thoughtsTokenCount: 10, totalTokenCount: 93 },
  response: { ...chunk, candidates: [{ finishReason: 'STOP' }] },
} as unknown as StreamOutcome;

/** Traces so many streams of so many chunks, as the client does for each; the answers themselves are left out. */
export function traceStreams(streamsCount: number, chunksCount: number): void {
  for (let stream = 0; stream < streamsCount; stream += 1) {
    const trace = new StreamTrace({ id: 'a-stream', form, gemini }, model, 0);
    trace.start(() => undefined);
    for (let index = 0; index < chunksCount; index += 1) trace.chunk(chunk, 20);
    trace.end(outcome, () => undefined);
  }
}
