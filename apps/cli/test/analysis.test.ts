import { describe, expect, it } from 'vitest';
import {
  analyseRuns,
  distributionOf,
  excuseSingleTimes,
  isPassed,
  judgeCompleteness,
} from '../src/measure/analysis.ts';
import type { MeasuredRun } from '../src/measure/measured-run.ts';
import { timingReport } from '../src/measure/report-text.ts';
import { makeRun } from './make-run.ts';

function results(...runs: MeasuredRun[]) {
  return Object.fromEntries(
    judgeCompleteness(analyseRuns(runs), runs).checks.map(({ name, result }) => [name, result]),
  );
}
function sent(sentMs: number, arrivedMs: number) {
  return { sentMs, arrivedMs };
}

describe('a distribution', () => {
  it('uses the nearest rank, so a percentile is always a measured time', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(distributionOf(hundred)).toEqual({
      count: 100,
      meanMs: 50.5,
      p50Ms: 50,
      p95Ms: 95,
      p99Ms: 99,
      longestMs: 100,
    });
    expect(distributionOf([7, 3])).toMatchObject({ p50Ms: 3, longestMs: 7 });
    expect(distributionOf([])).toBeUndefined();
  });
});

it('a distribution of fewer than 100 times has no p95 and no p99, which one of them would decide', () => {
  const times = Array.from({ length: 99 }, () => 1);
  expect(distributionOf([...times.slice(1), 900])).toMatchObject({ p50Ms: 1, p95Ms: undefined, p99Ms: undefined });
  expect(distributionOf([...times, 900])).toMatchObject({ p95Ms: 1, p99Ms: 1, longestMs: 900 });
});

describe('the analysis of runs', () => {
  it('pools the figures of each run, but never the time between two runs', () => {
    const analysis = analyseRuns([
      makeRun([sent(399, 400), sent(490, 500)]),
      makeRun([sent(700, 702), sent(898, 902)]),
    ]);
    expect(analysis).toMatchObject({ runs: 2, events: 4, completed: 2, deliveries: { live: 2 } });
    expect(analysis.firstEvent).toMatchObject({ count: 2, p50Ms: 400, longestMs: 702 });
    expect(analysis.interval).toMatchObject({ count: 2, p50Ms: 100, longestMs: 200 });
    expect(analysis.serverToScreen).toMatchObject({ count: 4, longestMs: 10 });
    expect(isPassed(analysis)).toBe(true);
  });

  it.for<[string, MeasuredRun, string, string]>([
    ['a first event at its bar', makeRun([1_000, 1_100]), 'first-event', 'met'],
    ['a first event past its bar', makeRun([1_001, 1_100]), 'first-event', 'missed'],
    ['a standstill', makeRun([100, 1_101]), 'interval', 'missed'],
    ['a slow path', makeRun([sent(100, 151)]), 'server-to-screen', 'missed'],
    ['a server that does not tell', makeRun([100, 200]), 'server-to-screen', 'not-measured'],
    ['one event', makeRun([100]), 'interval', 'not-measured'],
    ['blocks', makeRun([100, 200], { kind: 'buffered' }), 'delivery', 'missed'],
    ['too short an answer', makeRun([100, 200], { kind: 'inconclusive' }), 'delivery', 'not-measured'],
    ['an answer that we stopped', makeRun([100, 200], { end: { status: 'stopped' } }), 'complete', 'not-measured'],
    ['a cut answer', makeRun([100, 200], { end: { status: 'truncated' } }), 'complete', 'missed'],
  ])('compares %s with its limit', ([, run, name, result]) => {
    expect(results(run)[name]).toBe(result);
    expect(isPassed(judgeCompleteness(analyseRuns([run]), [run]))).toBe(result !== 'missed');
  });

  it.for([3, 10, 99, 100, 150])('exceeds no limit because of one outlier of %i times', (count) => {
    const events = Array.from({ length: count }, (_, index) => sent(index * 10, index * 10 + (index === 1 ? 900 : 1)));
    expect(results(makeRun(events))).toMatchObject({ 'server-to-screen': 'met' });
    const slow = events.map(({ sentMs }) => sent(sentMs, sentMs + 51));
    expect(results(makeRun(slow))).toMatchObject({ 'server-to-screen': 'missed' });
  });

  it('leaves a single late first event undecided, if it is asked to', () => {
    const excused = excuseSingleTimes(analyseRuns([makeRun([1_500, 1_600, 1_700])]));
    expect(excused.checks[0]).toMatchObject({ name: 'first-event', result: 'not-measured', measuredMs: 1_500 });
    expect(isPassed(excused)).toBe(true);
    const both = excuseSingleTimes(analyseRuns([makeRun([1_500, 1_600]), makeRun([1_400, 1_500])]));
    expect(both.checks[0]).toMatchObject({ result: 'missed', percentile: 50, measuredMs: 1_400 });
  });

  it('does not count times within one block as intervals', () => {
    expect(results(makeRun([900, 900, 901], { kind: 'buffered' }))).toMatchObject({ interval: 'not-measured' });
  });

  it('accepts other limits', () => {
    const bars = { firstEventMs: 100, intervalMs: 50, serverToScreenMs: 5 };
    const { checks } = analyseRuns([makeRun([sent(95, 101), sent(150, 156)])], bars);
    expect(checks.slice(0, 3).map(({ barMs, result }) => [barMs, result])).toEqual([
      [100, 'missed'],
      [50, 'missed'],
      [5, 'missed'],
    ]);
  });

  it('fails if only one of several runs was live', () => {
    const runs = [makeRun([1, 2]), makeRun([1, 2], { kind: 'partial' })];
    expect(results(...runs)).toMatchObject({ delivery: 'missed' });
  });

  it('is printed with every time', () => {
    const run = makeRun([sent(399, 400), sent(490, 500), sent(898, 900)]);
    const told = timingReport(run, analyseRuns([run])).join('\n');
    expect(told).toContain('event times (ms)    400 500 900');
    expect(told).toContain('average interval    250 ms');
    expect(told).toContain('✓ server to screen  p50 2.0 ms (at most 50 ms)');
  });
});
