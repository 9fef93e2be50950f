import { expect, it } from 'vitest';
import { type AnswerFacts, GapRecord, sparkline, summaryLine } from '../src/answer/summary-line.ts';

it('the sparkline shows any number of gaps in a fixed number of columns, each long gap in its place', () => {
  const record = new GapRecord();
  let now = 0;
  for (let piece = 0; piece < 100_000; piece += 1) record.record((now += piece === 50_000 ? 700 : 10));
  const shape = record.shape;
  expect(shape.length).toBeLessThanOrEqual(24);
  expect(shape.length).toBeGreaterThan(8);
  const at = shape.findIndex((gap) => gap > 600);
  expect(Math.abs(at / shape.length - 0.5)).toBeLessThan(0.15);
  expect(shape.filter((gap) => gap > 600)).toHaveLength(1);
});

it('the sparkline draws the largest value as a full bar', () => {
  expect(sparkline([0, 1, 5, 10])).toBe('▁▁▅█');
  expect(sparkline([])).toBe('');
  expect(sparkline([0, 0])).toBe('▁▁');
});

it.for([
  [99, 'gaps p50 10 max 700 ms'],
  [200, 'gaps p50 10 p99 10 ms'],
] as const)('the line under an answer names the longest of %i gaps, or their p99', ([count, expected]) => {
  const gaps = new GapRecord();
  let now = 0;
  for (let piece = 0; piece <= count; piece += 1) gaps.record((now += piece === 50 ? 700 : 10));
  const outcome = { status: 'completed', finishReason: 'STOP' };
  const facts = { outcome, timing: undefined, verdict: { kind: 'live' }, gaps } as unknown as AnswerFacts;
  expect(summaryLine(facts)).toContain(expected);
});
