import type { DeliveryVerdict, GeminiStreamTiming, StreamOutcome } from '@gemini/client';

/** The one line under an answer: when it began, how fast it was, how long, whether it was live. */
export function summaryLine(
  outcome: StreamOutcome,
  timing: GeminiStreamTiming | undefined,
  verdict: DeliveryVerdict,
): string {
  const parts: string[] = [];
  const firstMs = timing?.firstTextMs ?? timing?.firstEventMs;
  const tokens = outcome.usage?.candidatesTokenCount;
  if (firstMs !== undefined) parts.push(`first ${Math.round(firstMs)} ms`);
  if (tokens !== undefined && firstMs !== undefined && timing?.endedMs !== undefined && timing.endedMs > firstMs) {
    parts.push(`${Math.round((tokens * 1_000) / (timing.endedMs - firstMs))} tok/s`);
  }
  if (tokens !== undefined) parts.push(`${tokens.toLocaleString('en-US')} tok`);
  if (outcome.finishReason !== undefined && outcome.finishReason !== 'STOP') parts.push(outcome.finishReason);
  parts.push(verdict.kind);
  return parts.join(' · ');
}
