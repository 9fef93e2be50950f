// Each bucket is 2 % wider than the one before: its middle is at most 1 % off.
const growth = 1.02;
const smallest = 0.001;
const bucketsCount = 1 + Math.ceil(Math.log(1e9 / smallest) / Math.log(growth));

/**
 * Counts values by size, in a fixed amount of memory. Its range is from a thousandth to a thousand million: for
 * milliseconds, from a microsecond to eleven days.
 */
export class Histogram {
  readonly #counts = new Float64Array(bucketsCount);
  #count = 0;
  #max: number | undefined;

  get count(): number {
    return this.#count;
  }

  /** The largest value; `undefined` without one. */
  get max(): number | undefined {
    return this.#max;
  }

  /** Adds a value of 0 or more. */
  record(value: number): void {
    const bucket = value <= smallest ? 0 : Math.ceil(Math.log(value / smallest) / Math.log(growth));
    const at = Math.min(bucket, bucketsCount - 1);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#count += 1;
    this.#max = Math.max(this.#max ?? 0, value);
  }

  /** Returns the value that a share of all values (0 to 1) does not exceed, to 1 %; `undefined` without values. */
  percentile(share: number): number | undefined {
    if (this.#max === undefined) return undefined;
    let left = Math.max(1, Math.ceil(share * this.#count));
    const bucket = this.#counts.findIndex((inBucket) => (left -= inBucket) <= 0);
    return Math.min(this.#max, smallest * growth ** (bucket - 0.5));
  }
}
