import type { Tone } from '../report/report.ts';
import { analyseRuns } from '../timing/analyse-runs.ts';
import type { MeasuredExchange } from '../timing/measure-event-stream.ts';
import { milliseconds } from '../timing/milliseconds.ts';
import { codingOf } from './compression.ts';

/** What two paths to one answer tell together. */
export interface Comparison {
  readonly tone: Tone;
  /** Who holds the stream back, as far as that shows. */
  readonly conclusion: string;
  /** Figures of both, side by side: name, this path, the other path. */
  readonly rows: readonly (readonly [name: string, here: string, there: string])[];
}

/** Compares a path with another one to the same server. Pure. */
export function comparePaths(here: MeasuredExchange, there: MeasuredExchange): Comparison {
  const facts: readonly (readonly [string, (run: MeasuredExchange) => string])[] = [
    ['verdict', ({ verdict }) => verdict.kind],
    ['events', ({ events }) => String(events.length)],
    ['first event', ({ events }) => told(events[0]?.arrivedMs)],
    ['interval p50', (run) => told(analyseRuns([run]).interval?.p50Ms)],
    ['interval p95', (run) => told(analyseRuns([run]).interval?.p95Ms)],
    ['whole answer', ({ endedMs }) => told(endedMs)],
    ['compressed', (run) => codingOf(run) ?? 'no'],
    ['server', ({ response }) => response?.headers['server'] ?? 'does not say'],
  ];
  return { ...conclude(here, there), rows: facts.map(([name, of]) => [name, of(here), of(there)]) };
}

function conclude(here: MeasuredExchange, there: MeasuredExchange): Pick<Comparison, 'tone' | 'conclusion'> {
  if (here.events.length === 0) return { tone: 'unknown', conclusion: 'this path gave no event to compare' };
  if (there.events.length === 0) return { tone: 'unknown', conclusion: 'the other path gave no event to compare' };
  const [kind, otherKind] = [here.verdict.kind, there.verdict.kind];
  if (kind === 'inconclusive' || otherKind === 'inconclusive') {
    return { tone: 'unknown', conclusion: 'too short an answer to compare: ask for a longer one' };
  }
  if (kind === 'live' && otherKind === 'live') return { tone: 'good', conclusion: 'both paths are live' };
  if (kind === 'live') {
    return { tone: 'bad', conclusion: `the other path is ${otherKind}: what stands on it alone holds it back` };
  }
  if (otherKind === 'live') {
    return { tone: 'bad', conclusion: 'the other path is live: what stands on this one alone holds it back' };
  }
  return { tone: 'bad', conclusion: 'neither is live: look at the server, or at what both paths share' };
}

function told(ms: number | undefined): string {
  return ms === undefined ? '–' : milliseconds(ms);
}
