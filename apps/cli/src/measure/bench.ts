import type { DeliveryKind, Gemini, GeminiStream, StreamOutcome } from '@gemini/client';
import { setTimeout as delay } from 'node:timers/promises';
import { visibleText } from '../terminal/visible-text.ts';
import { Histogram } from './histogram.ts';

/** The streams of a bench. */
export interface BenchPlan {
  readonly gemini: Gemini;
  readonly prompt: string;
  /** How many streams are open at a time. */
  readonly streamsCount: number;
  /** Ends the bench, and every stream that is open. */
  readonly signal: AbortSignal;
}

/** Without a pause, a server that refuses at once would get thousands of requests a second. */
const pauseAfterFailureMs = 500;

const content: ReadonlySet<string> = new Set([
  'text-delta',
  'thought-delta',
  'function-call-delta',
  'function-call-end',
  'inline-data',
  'executable-code',
  'code-result',
  'file',
  'transcription',
  'server-tool-call',
  'server-tool-result',
  'part',
]);

/** Keeps the streams open until the signal. Resolves with the outcome of the first failure when all are closed. */
export async function runBench(plan: BenchPlan, record: BenchRecord): Promise<StreamOutcome | undefined> {
  let failed: StreamOutcome | undefined;
  const keepGoing = async (): Promise<void> => {
    while (!plan.signal.aborted) {
      record.onStart();
      const stream = plan.gemini.stream(plan.prompt, { signal: plan.signal, keepContent: false });
      // Each place runs one stream after another.
      // oxlint-disable-next-line no-await-in-loop
      const outcome = await measure(stream, record);
      record.onEnd(outcome, stream.verdict().kind);
      if (outcome.status === 'completed' || outcome.status === 'stopped') continue;
      failed ??= outcome;
      // oxlint-disable-next-line no-await-in-loop
      await delay(pauseAfterFailureMs, undefined, { signal: plan.signal }).catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: plan.streamsCount }, keepGoing));
  return failed;
}

async function measure(stream: GeminiStream, record: BenchRecord): Promise<StreamOutcome> {
  const startedAt = performance.now();
  let lastAt: number | undefined;
  for await (const event of stream) {
    if (event.type === 'end') return event.outcome;
    if (!content.has(event.type)) continue;
    const now = performance.now();
    if (lastAt === undefined) record.onFirstPiece(now - startedAt);
    else record.onGap(now - lastAt);
    lastAt = now;
  }
  return stream.outcome;
}

/** The percentiles of a kind of wait, in milliseconds, to 1 %. */
interface Spread {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** The figures of a bench so far. */
export interface BenchFigures {
  readonly elapsedMs: number;
  /** Streams that ended by themselves with a finish reason. */
  readonly completed: number;
  /** Streams that are open; in the last figures, those that were stopped at the end of the bench. */
  readonly unfinished: number;
  /** Streams that failed, by kind: a code, with the status if there is one. */
  readonly failures: Readonly<Record<string, number>>;
  /** Pieces of content: text, thoughts, calls, files. */
  readonly events: number;
  readonly eventsPerSecond: number;
  /** From the request to the first piece. */
  readonly first: Spread | undefined;
  /** Between the pieces of one stream. */
  readonly gaps: Spread | undefined;
  /** The verdicts on the streams that completed. */
  readonly verdicts: Readonly<Partial<Record<DeliveryKind, number>>>;
  /** The share of time, 0 to 1, that this process was busy. Near 1 the bench measures this process. */
  readonly busy: number;
}

/** Collects the figures of all streams, in a fixed amount of memory. */
export class BenchRecord {
  readonly #startedAt = performance.now();
  readonly #load = performance.eventLoopUtilization();
  readonly #first = new Histogram();
  readonly #gaps = new Histogram();
  readonly #failures: Record<string, number> = {};
  readonly #verdicts: Partial<Record<DeliveryKind, number>> = {};
  #unfinished = 0;
  #completed = 0;

  onStart(): void {
    this.#unfinished += 1;
  }

  onFirstPiece(waitMs: number): void {
    this.#first.record(waitMs);
  }

  onGap(waitMs: number): void {
    this.#gaps.record(waitMs);
  }

  onEnd(outcome: StreamOutcome, verdict: DeliveryKind): void {
    // A stream that was stopped at the end of the bench stays unfinished.
    if (outcome.status === 'stopped') return;
    this.#unfinished -= 1;
    if (outcome.status === 'completed') {
      this.#completed += 1;
      this.#verdicts[verdict] = (this.#verdicts[verdict] ?? 0) + 1;
    } else {
      const kind = kindOf(outcome);
      this.#failures[kind] = (this.#failures[kind] ?? 0) + 1;
    }
  }

  figures(): BenchFigures {
    const elapsedMs = rounded(performance.now() - this.#startedAt);
    const events = this.#first.count + this.#gaps.count;
    return {
      elapsedMs,
      completed: this.#completed,
      unfinished: this.#unfinished,
      failures: { ...this.#failures },
      events,
      eventsPerSecond: rounded((events * 1_000) / elapsedMs),
      first: spreadOf(this.#first),
      gaps: spreadOf(this.#gaps),
      verdicts: { ...this.#verdicts },
      busy: rounded(performance.eventLoopUtilization(this.#load).utilization),
    };
  }
}

function kindOf({ status, error }: StreamOutcome): string {
  if (status !== 'failed' || error === undefined) return status;
  // The reason is the server's own word.
  return visibleText([error.code, error.status, error.reason].filter((part) => part !== undefined).join(' '));
}

function spreadOf(histogram: Histogram): Spread | undefined {
  const [p50Ms, p95Ms, p99Ms] = [0.5, 0.95, 0.99].map((share) => histogram.percentile(share));
  const maxMs = histogram.max;
  if (p50Ms === undefined || p95Ms === undefined || p99Ms === undefined || maxMs === undefined) return undefined;
  return { p50Ms: rounded(p50Ms), p95Ms: rounded(p95Ms), p99Ms: rounded(p99Ms), maxMs: rounded(maxMs) };
}

/** Rounds to three places: microseconds of milliseconds. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/** Returns the figures of a bench as lines of text. */
export function benchText(figures: BenchFigures): string[] {
  const { completed, unfinished, failures, events, eventsPerSecond, first, gaps, verdicts, busy } = figures;
  const failed = counted(failures);
  return [
    ['streams', `${number(completed)} completed, ${number(unfinished)} still open at the end`],
    ...(failed === '' ? [] : [['failed', failed]]),
    ['events', `${number(events)} (${number(eventsPerSecond)} a second)`],
    ['first text', spreadText(first)],
    ['gaps', spreadText(gaps)],
    ['delivery', counted(verdicts) || 'no stream completed'],
    ['this process', `${Math.round(busy * 100)} % busy`],
  ].map(([name = '', value = '']) => `  ${name.padEnd(14)}${value}`);
}

/** Returns the figures of a running bench in one line. */
export function progressText({ elapsedMs, eventsPerSecond, first, gaps, failures }: BenchFigures): string {
  const failed = counted(failures);
  return [
    `${Math.round(elapsedMs / 1_000)} s`,
    `${number(eventsPerSecond)} events/s`,
    first === undefined ? 'nothing yet' : `first p50 ${milliseconds(first.p50Ms)} ms`,
    gaps && `gaps p50 ${milliseconds(gaps.p50Ms)} p99 ${milliseconds(gaps.p99Ms)} ms`,
    failed !== '' && `failed: ${failed}`,
  ]
    .filter(Boolean)
    .join(' · ');
}

function spreadText(spread: Spread | undefined): string {
  if (spread === undefined) return 'none';
  const { p50Ms, p95Ms, p99Ms, maxMs } = spread;
  const parts = Object.entries({ p50: p50Ms, p95: p95Ms, p99: p99Ms, max: maxMs });
  return `${parts.map(([name, ms]) => `${name} ${milliseconds(ms)}`).join('  ')} ms`;
}

function counted(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).toSorted(([, left], [, right]) => right - left);
  return sorted.map(([kind, count]) => `${number(count)} ${kind}`).join(', ');
}

function milliseconds(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : number(ms);
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
