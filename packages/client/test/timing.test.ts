import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GapHistogram } from '../src/answer/timing.ts';

const gaps = fc.array(fc.double({ min: 1, max: 1e8, noNaN: true }), { minLength: 1, maxLength: 300 });

it('a percentile is within 9 % of the exact one', () => {
  fc.assert(
    fc.property(gaps, fc.constantFrom(0.5, 0.9, 0.99, 1), (lengths, share) => {
      const histogram = new GapHistogram();
      let nowMs = 0;
      histogram.note(nowMs);
      for (const length of lengths) histogram.note((nowMs += length));
      const sorted = lengths.toSorted((left, right) => left - right);
      const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
      expect((histogram.percentile(share) ?? Number.NaN) / exact).toBeGreaterThan(0.91);
      expect((histogram.percentile(share) ?? Number.NaN) / exact).toBeLessThan(1.095);
    }),
  );
});

it('content within a millisecond is one piece', () => {
  const histogram = new GapHistogram();
  for (const nowMs of [0, 0.2, 0.9, 100.9, 101, 201]) histogram.note(nowMs);
  expect(histogram.percentile(0.01)).toBeCloseTo(100, -1);
  expect(histogram.percentile(1)).toBeCloseTo(100, -1);
});

it('there is no percentile before the second piece', () => {
  const histogram = new GapHistogram();
  expect(histogram.percentile(0.5)).toBeUndefined();
  histogram.note(5);
  expect(histogram.percentile(0.5)).toBeUndefined();
});

it('the histogram needs no more memory for a day than for a minute', () => {
  const histogram = new GapHistogram();
  for (let nowMs = 0; nowMs < 1e12; nowMs += 1e8) histogram.note(nowMs);
  histogram.note(1e15);
  expect(histogram.percentile(0.5)).toBeLessThanOrEqual(1e15);
});
