import type { GeminiStream, GenerateContentResponse, StreamOutcome } from '@gemini/client';
import { failureText } from '../failure-text.ts';
import { stopOnInterrupt } from '../interrupt.ts';
import { OutputClosedError } from '../terminal/output.ts';
import { type MeasuredEvent, type MeasuredRun, type RunEnd, chunkText, nowMs } from './measured-run.ts';

/** A measured answer with its response chunks. */
export interface MeasuredAnswer extends MeasuredRun {
  readonly chunks: readonly GenerateContentResponse[];
}

/**
 * Measures one answer of a Gemini client: when each chunk arrived, and when `show` had written it. `start` must ask for
 * raw chunks. Ctrl-C stops the answer. A failure is in the run's end.
 * @throws OutputClosedError from `show`
 */
export async function measureAnswer(
  start: () => GeminiStream,
  show: (text: string, arrivedMs: number) => void = () => undefined,
): Promise<MeasuredAnswer> {
  const startedAt = nowMs();
  const stream = start();
  const interrupt = stopOnInterrupt(stream);
  const chunks: GenerateContentResponse[] = [];
  const events: MeasuredEvent[] = [];
  try {
    for await (const event of stream) {
      if (event.type !== 'chunk') continue;
      const arrivedMs = nowMs() - startedAt;
      const text = chunkText(event.chunk);
      show(text, arrivedMs);
      const shownMs = nowMs() - startedAt;
      events.push({ arrivedMs, shownMs, bytes: Buffer.byteLength(JSON.stringify(event.chunk)), text });
      chunks.push(event.chunk);
    }
  } catch (error) {
    // Every other error is in the outcome.
    if (error instanceof OutputClosedError) throw error;
  } finally {
    interrupt[Symbol.dispose]();
  }
  const outcome = await stream.outcome;
  return { startedAt, endedMs: nowMs() - startedAt, events, verdict: stream.verdict(), end: endOf(outcome), chunks };
}

function endOf({ status, error }: StreamOutcome): RunEnd {
  if (error === undefined) return { status };
  return { status, error: { code: error.code, message: failureText(error), status: error.status } };
}
