import { expect, it } from 'vitest';
import { GapRecord, sparkline } from '../src/answer/summary-line.ts';

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
