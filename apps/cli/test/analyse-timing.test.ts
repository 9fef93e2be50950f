import { expect, it } from 'vitest';
import { analyseTiming, type ShownEvent } from '../src/timing/analyse-timing.ts';
import { timingReport } from '../src/timing/timing-report.ts';

const verdict = {
  kind: 'live',
  events: 9,
  deliveries: 9,
  largestShare: 0.1,
  eventsPerDelivery: 1,
  openShare: 0,
} as const;
const shown = (...times: readonly (readonly [number, number | undefined])[]): ShownEvent[] =>
  times.map(([shownMs, sentMs]) => ({ shownMs, sentMs }));
const met = (events: ShownEvent[], kind: 'live' | 'buffered' | 'inconclusive' = 'live') =>
  analyseTiming(events, { ...verdict, kind }).checks.map((check) => check.met);

it('tells first event, average interval and gaps', () => {
  const analysis = analyseTiming(shown([400, 399], [500, 490], [900, 898]), verdict);
  expect(analysis).toMatchObject({ firstMs: 400, averageIntervalMs: 250, gapP50Ms: 2, gapMaxMs: 10 });
  expect(timingReport(analysis).join('\n')).toContain('400 500 900');
});

it('holds each figure against its bar', () => {
  expect(met(shown([400, 399], [500, 499]))).toEqual([true, true, true]);
  expect(met(shown([1_001, 1_000]))).toEqual([false, true, true]);
  expect(met(shown([400, 399], [500, 440]))).toEqual([true, false, true]);
  expect(met(shown([400, 399]), 'buffered')).toEqual([true, true, false]);
});

it('calls nothing met that could not be measured', () => {
  expect(met(shown([400, undefined]), 'inconclusive')).toEqual([true, undefined, undefined]);
  expect(met([])).toEqual([undefined, undefined, true]);
});
