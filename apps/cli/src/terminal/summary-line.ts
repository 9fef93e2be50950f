import type { DeliveryVerdict, GeminiStreamTiming, StreamOutcome } from '@gemini/client';
import type { GapRecord } from '../statistics/gap-record.ts';
import { sparkline } from './sparkline.ts';

/** What the line under an answer tells. */
export interface AnswerFacts {
  readonly outcome: StreamOutcome;
  readonly timing: GeminiStreamTiming | undefined;
  readonly verdict: DeliveryVerdict;
  readonly pieces: Pick<GapRecord, 'gaps' | 'shape'>;
}

/** The one line under an answer: when it began, how fast it was, how long, its gaps, whether it was live. */
export function summaryLine({ outcome, timing, verdict, pieces }: AnswerFacts): string {
  const firstMs = timing?.firstTextMs ?? timing?.firstEventMs;
  const tokens = outcome.usage?.candidatesTokenCount;
  const parts = [
    firstMs !== undefined && `first ${Math.round(firstMs)} ms`,
    // The tokens of the first piece took the time before it, so a rate needs some more.
    tokens !== undefined && pieces.gaps.count > 1 && rate(tokens, firstMs, timing?.endedMs),
    tokens !== undefined && `${tokens.toLocaleString('en-US')} tok`,
    pieces.gaps.count > 0 && gapsOf(pieces),
    outcome.finishReason !== undefined && outcome.finishReason !== 'STOP' && outcome.finishReason,
    outcome.status === 'stopped' && 'stopped',
    verdict.cause === undefined ? verdict.kind : `${verdict.kind} (${verdict.cause})`,
  ];
  return parts.filter((part) => part !== false).join(' · ');
}

function rate(tokens: number, firstMs: number | undefined, endedMs: number | undefined): string | false {
  if (firstMs === undefined || endedMs === undefined || endedMs <= firstMs) return false;
  return `${Math.round((tokens * 1_000) / (endedMs - firstMs))} tok/s`;
}

function gapsOf({ gaps, shape }: AnswerFacts['pieces']): string {
  const [median, late] = [gaps.percentile(0.5), gaps.percentile(0.99)].map((gapMs = 0) => Math.round(gapMs));
  return `gaps p50 ${median} p99 ${late} ms ${sparkline(shape())}`;
}
