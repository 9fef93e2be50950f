import type { DeliveryKind } from '@gemini/client';
import { type CommandOptions, type OptionValues, readNumber } from '../command.ts';
import type { MeasuredRun } from './measured-run.ts';

/** The time limits for a stream, in milliseconds. */
export interface TimingBars {
  /**
   * From the prompt to the first event.
   * @defaultValue 1 000: a later first event loses the reader's attention (p95 of the runs)
   */
  readonly firstEventMs: number;
  /**
   * Between two events.
   * @defaultValue 1 000: a longer interval looks as if the text had stopped (p95)
   */
  readonly intervalMs: number;
  /**
   * From the server's write to the screen.
   * @defaultValue 50: a longer way makes the reader wait for the path, not for the model (p99)
   */
  readonly serverToScreenMs: number;
}

/** The default limits. */
const defaultTimingBars: TimingBars = { firstEventMs: 1_000, intervalMs: 1_000, serverToScreenMs: 50 };

/** A figure and its limit. */
export interface TimingCheck {
  readonly name: 'first-event' | 'interval' | 'server-to-screen' | 'delivery' | 'complete';
  /** `not-measured` if the server does not report its times, or if there were too few events. */
  readonly result: 'met' | 'missed' | 'not-measured';
  /** The share of the times that is compared with the limit: the median if there are fewer than 100. */
  readonly percentile?: 50 | 95 | 99;
  /** The number of times. */
  readonly count?: number;
  readonly measuredMs?: number | undefined;
  readonly barMs?: number;
}

/** The figures of one or more runs. */
export interface TimingAnalysis {
  readonly runs: number;
  readonly events: number;
  /** From the request to the first event, one figure a run. */
  readonly firstEvent: Distribution | undefined;
  /** Between two events as they were shown, within a run that was not buffered. */
  readonly interval: Distribution | undefined;
  /** From the server's write to the screen; `undefined` if the server does not report its times. */
  readonly serverToScreen: Distribution | undefined;
  /** The number of runs by delivery. */
  readonly deliveries: Readonly<Partial<Record<DeliveryKind, number>>>;
  /** Runs that completed. */
  readonly completed: number;
  readonly checks: readonly TimingCheck[];
}

/** Returns the figures of some runs, each compared with its limit. Pure. */
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
      timeCheck('first-event', 95, firstEvent, bars.firstEventMs),
      timeCheck('interval', 95, interval, bars.intervalMs),
      timeCheck('server-to-screen', 99, serverToScreen, bars.serverToScreenMs),
      { name: 'delivery', result: deliveryResult(deliveries) },
    ],
  };
}

/** Returns the analysis with one more check: that each run completed. Whether a run was live does not depend on it. */
export function judgeCompleteness(analysis: TimingAnalysis, runs: readonly MeasuredRun[]): TimingAnalysis {
  return { ...analysis, checks: [...analysis.checks, { name: 'complete', result: completenessResult(runs) }] };
}

/**
 * Returns the analysis of one answer without the misses that a single time has caused: one late first event does not tell
 * an outlier from a slow path.
 */
export function excuseSingleTimes(analysis: TimingAnalysis): TimingAnalysis {
  const checks = analysis.checks.map((check) =>
    check.result === 'missed' && check.count === 1 ? { ...check, result: 'not-measured' as const } : check,
  );
  return { ...analysis, checks };
}

/** Returns true if no limit was exceeded. A figure that was not measured exceeds none. */
export function isPassed({ checks }: TimingAnalysis): boolean {
  return checks.every(({ result }) => result !== 'missed');
}

// A buffered answer has no intervals: the times between its events are the reading of one block.
function intervalsOf({ events, verdict }: MeasuredRun): number[] {
  if (verdict.kind === 'buffered') return [];
  return events.slice(1).map(({ shownMs }, index) => shownMs - (events[index]?.shownMs ?? 0));
}

function gapsOf({ events }: MeasuredRun): number[] {
  return events.flatMap(({ shownMs, sentMs }) => (sentMs === undefined ? [] : [shownMs - sentMs]));
}

function timeCheck(
  name: TimingCheck['name'],
  late: 95 | 99,
  times: Distribution | undefined,
  barMs: number,
): TimingCheck {
  const lateMs = late === 95 ? times?.p95Ms : times?.p99Ms;
  const percentile = lateMs === undefined ? 50 : late;
  const measuredMs = lateMs ?? times?.p50Ms;
  const result = measuredMs === undefined ? 'not-measured' : measuredMs <= barMs ? 'met' : 'missed';
  return { name, result, percentile, count: times?.count ?? 0, measuredMs, barMs };
}

// A run that was stopped might have completed.
function completenessResult(runs: readonly MeasuredRun[]): TimingCheck['result'] {
  if (runs.every(({ end }) => end.status === 'completed')) return 'met';
  return runs.every(({ end }) => end.status === 'completed' || end.status === 'stopped') ? 'not-measured' : 'missed';
}

function deliveryResult({ inconclusive = 0, live = 0, ...held }: TimingAnalysis['deliveries']): TimingCheck['result'] {
  if (Object.keys(held).length > 0) return 'missed';
  return live > 0 || inconclusive === 0 ? 'met' : 'not-measured';
}

/** The fewest times whose p95 and p99 do not depend on one of them. */
export const leastForLate = 100;

/** The distribution of some times, in milliseconds. */
export interface Distribution {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  /** Undefined for fewer than 100 times, of which one would decide it. */
  readonly p95Ms: number | undefined;
  readonly p99Ms: number | undefined;
  readonly longestMs: number;
}

/**
 * Returns the distribution of some times, or `undefined` without times. A percentile is the nearest rank, which is one of
 * the times. Of fewer than 100 only the median is given: the longest of ten times is an outlier, not their p99.
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
    p95Ms: sorted.length < leastForLate ? undefined : rank(0.95),
    p99Ms: sorted.length < leastForLate ? undefined : rank(0.99),
    longestMs,
  };
}

const group = 'Bars';

/** The options for the limits. */
export const barOptions = {
  'first-ms': { type: 'string', value: 'MS', group, description: 'to the first event (1000)' },
  'interval-ms': { type: 'string', value: 'MS', group, description: 'between two events (1000)' },
  'screen-ms': { type: 'string', value: 'MS', group, description: "from the server's write to the screen (50)" },
} as const satisfies CommandOptions;

/**
 * Returns the given limits, with the defaults for the others.
 * @throws UsageError for an invalid number
 */
export function readBars(values: OptionValues<typeof barOptions>): TimingBars {
  const read = (name: keyof typeof barOptions, bar: number): number =>
    readNumber(name, values[name], { min: 0 }) ?? bar;
  const { firstEventMs, intervalMs, serverToScreenMs } = defaultTimingBars;
  return {
    firstEventMs: read('first-ms', firstEventMs),
    intervalMs: read('interval-ms', intervalMs),
    serverToScreenMs: read('screen-ms', serverToScreenMs),
  };
}

/** Returns a run as JSON: its times, sizes and verdict, without any text. */
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

/** Returns an analysis as JSON: times in milliseconds, to the microsecond. */
export function analysisJson(analysis: TimingAnalysis): object {
  const text = JSON.stringify(analysis, (_name, value: unknown) =>
    typeof value === 'number' ? rounded(value) : value,
  );
  return JSON.parse(text) as object;
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
