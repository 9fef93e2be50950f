import { defaultRetryPolicy, retryDelayMs } from '@gemini/http-streaming';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const policy = { baseDelayMs: 100, maxDelayMs: 10_000 };
const never = () => 0;
const nearlyOne = () => 1 - Number.EPSILON;

describe('retryDelayMs', () => {
  it.for([
    [1, 100],
    [2, 200],
    [3, 400],
    [7, 6_400],
    [8, 10_000],
    [2_000, 10_000],
  ] as const)('waits between 0 and %2$i ms after attempt %1$i', ([attempt, ceilingMs]) => {
    expect(retryDelayMs(policy, attempt, undefined, never)).toBe(0);
    expect(retryDelayMs(policy, attempt, undefined, nearlyOne)).toBeCloseTo(ceilingMs, 6);
  });

  it('adds its jitter to the wait that the server asks for', () => {
    expect(retryDelayMs(policy, 1, 5_000, never)).toBe(5_000);
    expect(retryDelayMs(policy, 1, 5_000, () => 0.5)).toBe(5_050);
  });

  it('is never shorter than the hint and never longer than the limit', () => {
    const numbers = fc.double({ min: 0, max: 1e9, noNaN: true });
    const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(numbers, numbers, fc.nat(), numbers, share, (baseDelayMs, maxDelayMs, attempt, hintMs, random) => {
        const delayMs = retryDelayMs({ baseDelayMs, maxDelayMs }, attempt, hintMs, () => random);
        expect(delayMs).toBeGreaterThanOrEqual(Math.min(hintMs, maxDelayMs));
        expect(delayMs).toBeLessThanOrEqual(maxDelayMs);
      }),
    );
  });

  it('uses Math.random by default', () => {
    const delays = new Set(Array.from({ length: 20 }, () => retryDelayMs(defaultRetryPolicy, 3)));
    expect(delays.size).toBeGreaterThan(1);
  });
});
