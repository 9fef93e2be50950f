import type { GeminiStream, GeminiStreamEvent, StreamOutcome } from '@gemini/client';
import { failureText } from '../failure-text.ts';
import { stopOnInterrupt } from '../interrupt.ts';
import type { Output } from '../terminal/output.ts';
import { type AnswerFacts, GapRecord } from './summary-line.ts';

/** A stream event before the end. */
export type AnswerEvent = Exclude<GeminiStreamEvent, { readonly type: 'end' }>;

/** Writes one answer in one of its forms. */
export interface AnswerWriter {
  /** `atMs` is the time since the request. */
  onEvent(event: AnswerEvent, atMs: number): void;
  onEnd(facts: AnswerFacts): void;
}

/**
 * Shows an answer as it arrives, no faster than its output is read, and reports a failure on standard error. Ctrl-C stops
 * the answer and keeps the text so far; a second one ends the process.
 */
export async function showAnswer(
  start: () => GeminiStream,
  writer: AnswerWriter | Promise<AnswerWriter>,
  output: Output,
): Promise<StreamOutcome> {
  const startedAt = performance.now();
  const gaps = new GapRecord();
  const stream = start();
  const interrupt = stopOnInterrupt(stream);
  try {
    // After the request is on its way: loading takes less time than the server.
    const shown = await writer;
    const outcome = await followStream(stream, output, (event) => {
      const atMs = Math.round((performance.now() - startedAt) * 1_000) / 1_000;
      if (event.type === 'text-delta') gaps.record(atMs);
      shown.onEvent(event, atMs);
    });
    shown.onEnd({ outcome, timing: stream.timing, verdict: stream.verdict(), gaps });
    noteFailure(outcome, output);
    return outcome;
  } finally {
    interrupt[Symbol.dispose]();
  }
}

async function followStream(
  stream: GeminiStream,
  output: Output,
  onEvent: (event: AnswerEvent) => void,
): Promise<StreamOutcome> {
  for await (const event of stream) {
    // Returns here because the loop throws after a failure.
    if (event.type === 'end') return event.outcome;
    onEvent(event);
    await output.drained();
  }
  return stream.outcome;
}

function noteFailure({ status, error, blockReason, finishReason }: StreamOutcome, output: Output): void {
  if (status === 'blocked') output.note(`gemini-stream: blocked: ${blockReason ?? finishReason ?? 'no reason'}`);
  else if (error !== undefined && status !== 'stopped') output.note(`gemini-stream: ${failureText(error)}`);
}
