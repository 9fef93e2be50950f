import { expect, it } from 'vitest';
import { axisLabel, niceStepMs, timelineText, untilMsOf } from '../src/measure/timeline.ts';
import { makeRun } from './make-run.ts';

const frame = { width: 53, untilMs: 400 };

it('a timeline marks when each event was sent and when it arrived', () => {
  const run = makeRun([
    { sentMs: 100, arrivedMs: 110 },
    { sentMs: 200, arrivedMs: 400 },
    { sentMs: 300, arrivedMs: 400 },
  ]);
  expect(timelineText(run, frame)).toEqual([
    '  sent                ○         ○         ○',
    '  arrived              ●                            2',
    '            0                   200 ms',
  ]);
});

it('a timeline has no row for times that the server did not report, and counts up to nine', () => {
  const lines = timelineText(makeRun(Array.from({ length: 30 }, () => 400)), frame);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^ {2}arrived +\+$/);
});

it('a timeline is never wider than the terminal, and empty without events', () => {
  const run = makeRun(Array.from({ length: 200 }, (_, index) => index * 7));
  const lines = timelineText(run, { width: 80, untilMs: untilMsOf([run]) });
  expect(Math.max(...lines.map((line) => line.length))).toBe(80);
  expect(timelineText(makeRun([]), { width: 80, untilMs: 0 })).toEqual(['  arrived   ', '            ']);
});

it.for([
  [2_500, 6, 500],
  [2_780, 5, 1_000],
  [61_000, 6, 20_000],
  [7, 6, 2],
  [1_000, 5, 200],
  [0, 6, 0],
] as const)('marks an axis of %d ms in %d steps at the most: every %d ms', ([untilMs, most, step]) => {
  expect(niceStepMs(untilMs, most)).toBe(step);
});

it.for([
  [0, '0'],
  [250, '250 ms'],
  [1_500, '1.5 s'],
  [20_000, '20 s'],
] as const)('writes %d ms as %s', ([ms, told]) => {
  expect(axisLabel(ms)).toBe(told);
});
