import type { DeliveryKind, StreamOutcome } from '@gemini/client';
import { createHistogram, type Histogram } from '../statistics/histogram.ts';
import { visibleText } from '../terminal/visible-text.ts';

/** How a kind of wait was spread, in milliseconds, to 1 %. Undefined where there was none. */
export interface Spread {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What a bench has seen so far. */
export interface BenchFigures {
  readonly elapsedMs: number;
  /** Streams that ended by themselves with a finish reason. */
  readonly completed: number;
  /** Streams that are open now; in the last figures those that were stopped because the time was over. */
  readonly unfinished: number;
  /** Streams that ended badly, by kind: a code, with the status where there is one. */
  readonly failures: Readonly<Record<string, number>>;
  /** Pieces of content: text, thoughts, calls, files. */
  readonly events: number;
  readonly eventsPerSecond: number;
  /** From asking to the first piece. */
  readonly first: Spread | undefined;
  /** Between the pieces of one stream. */
  readonly gaps: Spread | undefined;
  /** The verdicts on the streams that completed. */
  readonly verdicts: Readonly<Partial<Record<DeliveryKind, number>>>;
  /** The share of the time that this process was busy, 0 to 1: near 1 it is what is measured. */
  readonly busy: number;
}

/** Takes what the streams tell, in a fixed amount of memory. */
export interface BenchRecord {
  started(): void;
  first(waitMs: number): void;
  gap(waitMs: number): void;
  ended(outcome: StreamOutcome, verdict: DeliveryKind): void;
  figures(): BenchFigures;
}

/** A record that begins now. */
export function createBenchRecord(): BenchRecord {
  const startedAt = performance.now();
  const load = performance.eventLoopUtilization();
  const first = createHistogram();
  const gaps = createHistogram();
  const failures: Record<string, number> = {};
  const verdicts: Partial<Record<DeliveryKind, number>> = {};
  let unfinished = 0;
  let completed = 0;
  return {
    started: () => void (unfinished += 1),
    first: (waitMs) => first.record(waitMs),
    gap: (waitMs) => gaps.record(waitMs),
    ended(outcome, verdict) {
      // Stopped by us when the time is over: it stays unfinished.
      if (outcome.status === 'stopped') return;
      unfinished -= 1;
      if (outcome.status === 'completed') {
        completed += 1;
        verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
      } else {
        const kind = kindOf(outcome);
        failures[kind] = (failures[kind] ?? 0) + 1;
      }
    },
    figures() {
      const elapsedMs = rounded(performance.now() - startedAt);
      const events = first.count + gaps.count;
      return {
        elapsedMs,
        completed,
        unfinished,
        failures: { ...failures },
        events,
        eventsPerSecond: rounded((events * 1_000) / elapsedMs),
        first: spreadOf(first),
        gaps: spreadOf(gaps),
        verdicts: { ...verdicts },
        busy: rounded(performance.eventLoopUtilization(load).utilization),
      };
    },
  };
}

function kindOf({ status, error }: StreamOutcome): string {
  if (status !== 'failed' || error === undefined) return status;
  // The reason is the server's own word.
  return visibleText([error.code, error.status, error.reason].filter((part) => part !== undefined).join(' '));
}

function spreadOf(histogram: Histogram): Spread | undefined {
  const [p50Ms, p95Ms, p99Ms] = [0.5, 0.95, 0.99].map((share) => histogram.percentile(share));
  const { largest: maxMs } = histogram;
  if (p50Ms === undefined || p95Ms === undefined || p99Ms === undefined || maxMs === undefined) return undefined;
  return { p50Ms: rounded(p50Ms), p95Ms: rounded(p95Ms), p99Ms: rounded(p99Ms), maxMs: rounded(maxMs) };
}

/** To three places: microseconds, where it is milliseconds. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
