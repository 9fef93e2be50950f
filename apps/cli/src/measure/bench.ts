import type { DeliveryKind, Gemini, GeminiStream, StreamOutcome } from '@gemini/client';
import { setTimeout as delay } from 'node:timers/promises';
import { visibleText } from '../terminal/visible-text.ts';
import { type Histogram, createHistogram } from './histogram.ts';

/** What is kept going, and until when. */
export interface BenchPlan {
  readonly gemini: Gemini;
  readonly prompt: string;
  /** How many at a time. */
  readonly streamsCount: number;
  /** Ends the bench, and every stream that is open. */
  readonly signal: AbortSignal;
}

/** A server that refuses at once would else be asked thousands of times a second. */
const pauseAfterFailureMs = 500;

const content: ReadonlySet<string> = new Set([
  'text-delta',
  'thought-delta',
  'function-call-delta',
  'function-call-end',
  'inline-data',
  'executable-code',
  'code-result',
]);

/** Keeps so many streams going until the signal. Resolves with the first that failed, when all are closed. */
export async function runBench(plan: BenchPlan, record: BenchRecord): Promise<StreamOutcome | undefined> {
  let failed: StreamOutcome | undefined;
  const keepGoing = async (): Promise<void> => {
    while (!plan.signal.aborted) {
      record.started();
      const stream = plan.gemini.stream(plan.prompt, { signal: plan.signal, keepContent: false });
      // Each place runs one stream after another.
      // oxlint-disable-next-line no-await-in-loop
      const outcome = await measure(stream, record);
      record.ended(outcome, stream.verdict().kind);
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
    if (lastAt === undefined) record.first(now - startedAt);
    else record.gap(now - lastAt);
    lastAt = now;
  }
  return stream.outcome;
}

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

/** What a bench found, as lines for a person. */
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

/** The same in one line, while it runs. */
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
