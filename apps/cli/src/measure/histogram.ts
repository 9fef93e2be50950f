/** Counts of values by size: a fixed amount of memory for any number of them. */
export interface Histogram {
  /** Takes a value of 0 or more. */
  record(value: number): void;
  /** The value that a share of all (0 to 1) does not pass, to 1 %; undefined where there is none. */
  percentile(share: number): number | undefined;
  readonly count: number;
  readonly largest: number | undefined;
}

// Each bucket is 2 % wider than the one before: its middle is at most 1 % off.
const growth = 1.02;
const smallest = 0.001;
const bucketsCount = 1 + Math.ceil(Math.log(1e9 / smallest) / Math.log(growth));

/** A histogram from a thousandth to a thousand million: in milliseconds from a microsecond to eleven days. */
export function createHistogram(): Histogram {
  const counts = new Float64Array(bucketsCount);
  let count = 0;
  let largest: number | undefined;
  return {
    record(value) {
      const bucket = value <= smallest ? 0 : Math.ceil(Math.log(value / smallest) / Math.log(growth));
      const at = Math.min(bucket, bucketsCount - 1);
      counts[at] = (counts[at] ?? 0) + 1;
      count += 1;
      largest = Math.max(largest ?? 0, value);
    },
    percentile(share) {
      if (largest === undefined) return undefined;
      let left = Math.max(1, Math.ceil(share * count));
      const bucket = counts.findIndex((inBucket) => (left -= inBucket) <= 0);
      return Math.min(largest, smallest * growth ** (bucket - 0.5));
    },
    get count() {
      return count;
    },
    get largest() {
      return largest;
    },
  };
}
