import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Histogram } from '../src/measure/histogram.ts';

it('a histogram reports percentiles to one percent, whatever was recorded', () => {
  const values = fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (recorded, share) => {
      const histogram = new Histogram();
      for (const value of recorded) histogram.record(value);
      const sorted = recorded.toSorted((left, right) => left - right);
      const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? Number.NaN;
      const told = histogram.percentile(share) ?? Number.NaN;
      expect(Math.abs(told - exact) / exact).toBeLessThanOrEqual(0.0101);
      expect(histogram.max).toBe(sorted.at(-1));
    }),
  );
});

it('an empty histogram has no percentile, and values outside the range are clamped', () => {
  const histogram = new Histogram();
  expect(histogram.percentile(0.5)).toBeUndefined();
  histogram.record(0);
  expect(histogram.percentile(1)).toBe(0);
  histogram.record(1e12);
  expect(histogram.percentile(0.99)).toBeGreaterThan(9e8);
});
