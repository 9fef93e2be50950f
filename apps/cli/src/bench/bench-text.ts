import type { BenchFigures, Spread } from './bench-figures.ts';

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
