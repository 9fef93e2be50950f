import type { DeliveryVerdict, GeminiStreamTiming, StreamOutcome } from '@gemini/client';
import { leastForLate } from '../measure/analysis.ts';
import { Histogram } from '../measure/histogram.ts';

/** Width of the picture of the gaps, in characters. */
const columns = 24;
const levels = '▁▂▃▄▅▆▇█';

/** The facts of the line under an answer. */
export interface AnswerFacts {
  readonly outcome: StreamOutcome;
  readonly timing: GeminiStreamTiming | undefined;
  readonly verdict: DeliveryVerdict;
  readonly gaps: GapRecord;
}

/** Returns the one line under an answer: first text, rate, length, gaps and verdict. */
export function summaryLine({ outcome, timing, verdict, gaps }: AnswerFacts): string {
  const firstMs = timing?.firstTextMs ?? timing?.firstEventMs;
  const tokens = outcome.usage?.candidatesTokenCount;
  const parts = [
    firstMs !== undefined && `first ${Math.round(firstMs)} ms`,
    // The tokens of the first piece took the time before it, so a rate needs more than one gap.
    tokens !== undefined && gaps.histogram.count > 1 && rate(tokens, firstMs, timing?.endedMs),
    tokens !== undefined && `${tokens.toLocaleString('en-US')} tok`,
    gaps.histogram.count > 0 && gapsText(gaps),
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

function gapsText({ histogram, shape }: GapRecord): string {
  // The p99 of fewer than 100 gaps is the longest of them.
  const isFew = histogram.count < leastForLate;
  const late = isFew ? histogram.max : histogram.percentile(0.99);
  const [medianMs = 0, lateMs = 0] = [histogram.percentile(0.5), late].map((gapMs = 0) => Math.round(gapMs));
  return `gaps p50 ${medianMs} ${isFew ? 'max' : 'p99'} ${lateMs} ms ${sparkline(shape)}`;
}

/** Draws values as a row of bars, the largest at full height. */
export function sparkline(values: readonly number[]): string {
  const max = Math.max(...values);
  function barOf(value: number): string {
    const level = max <= 0 ? 0 : Math.min(levels.length - 1, Math.floor((value / max) * levels.length));
    return levels[level] ?? '';
  }
  return values.map(barOf).join('');
}

/** The gaps between the pieces of an answer, in milliseconds, in a fixed amount of memory. */
export class GapRecord {
  readonly histogram = new Histogram();
  #lastMs: number | undefined;
  #columns: number[] = [];
  // How many gaps each column stands for, and how many the last one has so far.
  #perColumn = 1;
  #inLast = 0;

  /** The gaps in order, in at most 24 columns: each is the longest of its neighbours. */
  get shape(): readonly number[] {
    return this.#columns.length > columns ? longerOfPairs(this.#columns) : this.#columns;
  }

  /** Records a piece that came at a time. */
  record(atMs: number): void {
    if (this.#lastMs !== undefined) {
      this.histogram.record(atMs - this.#lastMs);
      this.#draw(atMs - this.#lastMs);
    }
    this.#lastMs = atMs;
  }

  #draw(gapMs: number): void {
    if (this.#inLast === this.#perColumn || this.#columns.length === 0) {
      if (this.#columns.length === 2 * columns) {
        this.#columns = longerOfPairs(this.#columns);
        this.#perColumn *= 2;
      }
      this.#columns.push(0);
      this.#inLast = 0;
    }
    this.#columns.push(Math.max(this.#columns.pop() ?? 0, gapMs));
    this.#inLast += 1;
  }
}

function longerOfPairs(values: readonly number[]): number[] {
  return values.flatMap((value, index) => (index % 2 === 0 ? [Math.max(value, values[index + 1] ?? 0)] : []));
}
