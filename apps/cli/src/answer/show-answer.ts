import type { GeminiStream, GeminiStreamEvent, StreamOutcome } from '@gemini/client';
import { stopOnInterrupt } from '../interrupt.ts';
import type { Output } from '../terminal/output.ts';
import { type AnswerFacts, createGapRecord } from './summary-line.ts';

/**
 * Shows an answer as it comes and says on standard error why it failed, if it did. Ctrl-C stops it, and what came stays;
 * a second one ends the process.
 */
export async function showAnswer(
  start: () => GeminiStream,
  writer: AnswerWriter,
  output: Output,
): Promise<StreamOutcome> {
  const startedAt = performance.now();
  const pieces = createGapRecord();
  const stream = start();
  const interrupt = stopOnInterrupt(stream);
  try {
    const outcome = await followStream(stream, output, (event) => {
      const atMs = Math.round((performance.now() - startedAt) * 1_000) / 1_000;
      if (event.type === 'text-delta') pieces.see(atMs);
      writer.event(event, atMs);
    });
    writer.end({ outcome, timing: stream.timing, verdict: stream.verdict(), pieces });
    noteFailure(outcome, output);
    return outcome;
  } finally {
    interrupt[Symbol.dispose]();
  }
}

function noteFailure({ status, error, blockReason, finishReason }: StreamOutcome, output: Output): void {
  if (status === 'blocked') output.note(`gemini-stream: blocked: ${blockReason ?? finishReason ?? 'no reason'}`);
  else if (error !== undefined && status !== 'stopped') output.note(`gemini-stream: ${error.message}`);
}

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

/** Shows one answer in one of the forms that can be asked for. */
export interface AnswerWriter {
  /** `atMs` is the time since the answer was asked for. */
  event(event: AnswerEvent, atMs: number): void;
  end(facts: AnswerFacts): void;
}
