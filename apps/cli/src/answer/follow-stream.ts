import type { GeminiStream, GeminiStreamEvent, StreamOutcome } from '@gemini/client';
import type { Output } from '../terminal/output.ts';

/** What a stream tells before its end. */
export type AnswerEvent = Exclude<GeminiStreamEvent, { readonly type: 'end' }>;

/** Hands each event on when it comes, no faster than its output is read, and resolves with how the stream ended. */
export async function followStream(
  stream: GeminiStream,
  output: Pick<Output, 'drained'>,
  onEvent: (event: AnswerEvent) => void,
): Promise<StreamOutcome> {
  for await (const event of stream) {
    // Here, not at the loop's end: after a failure that throws.
    if (event.type === 'end') return event.outcome;
    onEvent(event);
    await output.drained();
  }
  return stream.outcome;
}
