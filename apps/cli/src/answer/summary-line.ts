import type { DeliveryVerdict, GeminiStreamTiming, StreamOutcome } from '@gemini/client';
import { type Histogram, createHistogram } from '../measure/histogram.ts';

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

/** The waits between the pieces of an answer, in milliseconds, in a fixed amount of memory. */
export interface GapRecord {
  /** A piece came at this time. */
  see(atMs: number): void;
  readonly gaps: Histogram;
  /** The waits in order, at most `columns` of them: neighbours are shown as the longer of them. */
  shape(): readonly number[];
}

/** Width of the picture, in characters. */
const columns = 24;

/** Notes the waits between pieces. */
export function createGapRecord(): GapRecord {
  const gaps = createHistogram();
  let lastMs: number | undefined;
  let shape: number[] = [];
  // How many waits each column stands for, and how many the last one has yet.
  let perColumn = 1;
  let inLast = 0;
  const draw = (gapMs: number): void => {
    if (inLast === perColumn || shape.length === 0) {
      if (shape.length === 2 * columns) {
        shape = pairs(shape);
        perColumn *= 2;
      }
      shape.push(0);
      inLast = 0;
    }
    shape.push(Math.max(shape.pop() ?? 0, gapMs));
    inLast += 1;
  };
  return {
    gaps,
    see(atMs) {
      if (lastMs !== undefined) {
        gaps.record(atMs - lastMs);
        draw(atMs - lastMs);
      }
      lastMs = atMs;
    },
    shape: () => (shape.length > columns ? pairs(shape) : shape),
  };
}

function pairs(values: readonly number[]): number[] {
  return values.flatMap((value, index) => (index % 2 === 0 ? [Math.max(value, values[index + 1] ?? 0)] : []));
}

const levels = '▁▂▃▄▅▆▇█';

/** Values as a row of bars, the largest a full one. */
export function sparkline(values: readonly number[]): string {
  const largest = Math.max(...values);
  const levelOf = (value: number): number =>
    largest <= 0 ? 0 : Math.min(levels.length - 1, Math.floor((value / largest) * levels.length));
  return values.map((value) => levels[levelOf(value)] ?? '').join('');
}
