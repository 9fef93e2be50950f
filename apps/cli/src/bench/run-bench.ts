import type { Gemini, GeminiStream, StreamOutcome } from '@gemini/client';
import { setTimeout as delay } from 'node:timers/promises';
import type { BenchRecord } from './bench-figures.ts';

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
