import type { GeminiStream, StreamOutcome } from '@gemini/client';
import { stopOnInterrupt } from '../interrupt.ts';
import { createGapRecord } from '../statistics/gap-record.ts';
import type { Output } from '../terminal/output.ts';
import type { AnswerWriter } from './answer-writer.ts';
import { followStream } from './follow-stream.ts';

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
