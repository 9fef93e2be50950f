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
