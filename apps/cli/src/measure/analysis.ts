import type { DeliveryKind } from '@gemini/client';
import { type CommandOptions, type OptionValues, readNumber } from '../command.ts';
import type { MeasuredRun } from './measured-run.ts';

/** What a stream is held against, in milliseconds. */
export interface TimingBars {
  /**
   * From the prompt to the first event.
   * @defaultValue 1 000: past it a person's thought wanders off (p95 of the runs)
   */
  readonly firstEventMs: number;
  /**
   * Between two events.
   * @defaultValue 1 000: past it the text seems to stand still (p95)
   */
  readonly intervalMs: number;
  /**
   * From the server's write to the screen.
   * @defaultValue 50: past it the path, not the model, is what a person waits for (p99)
   */
  readonly serverToScreenMs: number;
}

/** The bars that hold where none are named. */
export const defaultTimingBars: TimingBars = { firstEventMs: 1_000, intervalMs: 1_000, serverToScreenMs: 50 };

/** A figure against its bar. */
export interface TimingCheck {
  readonly name: 'first-event' | 'interval' | 'server-to-screen' | 'delivery' | 'complete';
  /** `not-measured` where the server does not tell, or where there was too little to tell. */
  readonly result: 'met' | 'missed' | 'not-measured';
  readonly percentile?: 95 | 99;
  readonly measuredMs?: number | undefined;
  readonly barMs?: number;
}

/** What the times of some runs say. One run is analysed as many are. */
export interface TimingAnalysis {
  readonly runs: number;
  readonly events: number;
  /** From the request to the first event, one figure a run. */
  readonly firstEvent: Distribution | undefined;
  /** Between two events as they were shown, within a run that was not buffered. */
  readonly interval: Distribution | undefined;
  /** From the server's write to the screen. Undefined where the server does not tell. */
  readonly serverToScreen: Distribution | undefined;
  /** How many runs were delivered how. */
  readonly deliveries: Readonly<Partial<Record<DeliveryKind, number>>>;
  /** Runs that ended as they should. */
  readonly completed: number;
  readonly checks: readonly TimingCheck[];
}

/** Holds the times of some runs against the bars of a stream that feels live. Pure. */
export function analyseRuns(runs: readonly MeasuredRun[], bars: TimingBars = defaultTimingBars): TimingAnalysis {
  const firstEvent = distributionOf(runs.flatMap(({ events }) => events.slice(0, 1).map(({ shownMs }) => shownMs)));
  const interval = distributionOf(runs.flatMap(intervalsOf));
  const serverToScreen = distributionOf(runs.flatMap(gapsOf));
  const deliveries: Partial<Record<DeliveryKind, number>> = {};
  for (const { verdict } of runs) deliveries[verdict.kind] = (deliveries[verdict.kind] ?? 0) + 1;
  const completed = runs.filter(({ end }) => end.status === 'completed').length;
  return {
    runs: runs.length,
    events: runs.reduce((sum, { events }) => sum + events.length, 0),
    firstEvent,
    interval,
    serverToScreen,
    deliveries,
    completed,
    checks: [
      timeCheck('first-event', 95, firstEvent?.p95Ms, bars.firstEventMs),
      timeCheck('interval', 95, interval?.p95Ms, bars.intervalMs),
      timeCheck('server-to-screen', 99, serverToScreen?.p99Ms, bars.serverToScreenMs),
      { name: 'delivery', result: deliveryResult(deliveries) },
    ],
  };
}

/** The same analysis, with a check that each run ended as it should: whether it was live does not hang on that. */
export function judgeCompleteness(analysis: TimingAnalysis, runs: readonly MeasuredRun[]): TimingAnalysis {
  return { ...analysis, checks: [...analysis.checks, { name: 'complete', result: completenessResult(runs) }] };
}

/** Whether no bar was missed. What could not be measured is no miss. */
export function isPassed({ checks }: TimingAnalysis): boolean {
  return checks.every(({ result }) => result !== 'missed');
}

// What comes all at once has none: what stands between its events is the reading of one block.
function intervalsOf({ events, verdict }: MeasuredRun): number[] {
  if (verdict.kind === 'buffered') return [];
  return events.slice(1).map(({ shownMs }, index) => shownMs - (events[index]?.shownMs ?? 0));
}

function gapsOf({ events }: MeasuredRun): number[] {
  return events.flatMap(({ shownMs, sentMs }) => (sentMs === undefined ? [] : [shownMs - sentMs]));
}

function timeCheck(
  name: TimingCheck['name'],
  percentile: 95 | 99,
  measuredMs: number | undefined,
  barMs: number,
): TimingCheck {
  const result = measuredMs === undefined ? 'not-measured' : measuredMs <= barMs ? 'met' : 'missed';
  return { name, result, percentile, measuredMs, barMs };
}

// What we stopped ourselves may have been complete.
function completenessResult(runs: readonly MeasuredRun[]): TimingCheck['result'] {
  if (runs.every(({ end }) => end.status === 'completed')) return 'met';
  return runs.every(({ end }) => end.status === 'completed' || end.status === 'stopped') ? 'not-measured' : 'missed';
}

function deliveryResult({ inconclusive = 0, live = 0, ...held }: TimingAnalysis['deliveries']): TimingCheck['result'] {
  if (Object.keys(held).length > 0) return 'missed';
  return live > 0 || inconclusive === 0 ? 'met' : 'not-measured';
}

/** How a figure is spread. In milliseconds. */
export interface Distribution {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

/**
 * The spread of some times; `undefined` of none. A percentile is the nearest rank: a time that was measured, so that of
 * a few times p99 is the longest.
 */
export function distributionOf(timesMs: readonly number[]): Distribution | undefined {
  const sorted = timesMs.toSorted((left, right) => left - right);
  const longestMs = sorted.at(-1);
  if (longestMs === undefined) return undefined;
  const rank = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? longestMs;
  return {
    count: sorted.length,
    meanMs: sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length,
    p50Ms: rank(0.5),
    p95Ms: rank(0.95),
    p99Ms: rank(0.99),
    longestMs,
  };
}

const group = 'Bars';

/** How to set the bars: the same in every command that holds against them. */
export const barOptions = {
  'first-ms': { type: 'string', value: 'MS', group, description: 'to the first event, p95 (1000)' },
  'interval-ms': { type: 'string', value: 'MS', group, description: 'between two events, p95 (1000)' },
  'screen-ms': { type: 'string', value: 'MS', group, description: "from the server's write to the screen, p99 (50)" },
} as const satisfies CommandOptions;

/** The bars that were given, over the defaults. Throws a `UsageError` for what is no number. */
export function readBars(values: OptionValues<typeof barOptions>): TimingBars {
  const read = (name: keyof typeof barOptions, bar: number): number =>
    readNumber(name, values[name], { least: 0 }) ?? bar;
  const { firstEventMs, intervalMs, serverToScreenMs } = defaultTimingBars;
  return {
    firstEventMs: read('first-ms', firstEventMs),
    intervalMs: read('interval-ms', intervalMs),
    serverToScreenMs: read('screen-ms', serverToScreenMs),
  };
}

/** A run as data for another program: its times, sizes and verdict, and nothing of what was said. */
export function runJson({ startedAt, endedMs, events, verdict, end }: MeasuredRun) {
  const { status, error } = end;
  return {
    startedAt: new Date(startedAt).toISOString(),
    endedMs: rounded(endedMs),
    status,
    ...(error === undefined ? {} : { error }),
    verdict,
    events: events.map(({ sentMs, arrivedMs, shownMs, bytes }) => ({
      sentMs: sentMs === undefined ? undefined : rounded(sentMs),
      arrivedMs: rounded(arrivedMs),
      shownMs: rounded(shownMs),
      bytes,
    })),
  };
}

/** An analysis as data: times in milliseconds, to the microsecond. */
export function analysisJson(analysis: TimingAnalysis): object {
  const text = JSON.stringify(analysis, (_name, value: unknown) =>
    typeof value === 'number' ? rounded(value) : value,
  );
  return JSON.parse(text) as object;
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
