/** The pauses of a stream, counted by length. */
export interface GapHistogram {
  /** Something came at this moment, on a clock that only goes forward. Within a millisecond of the last it is of one piece. */
  note(nowMs: number): void;
  /** The gap that this share of all gaps does not exceed, within 9 %; undefined while there is none. */
  percentile(share: number): number | undefined;
}

/** Four to an octave: 19 % from one bound to the next. */
const bucketsPerOctave = 4;
/** The last one begins at 12 days. */
const maxBuckets = 120;

class Gaps implements GapHistogram {
  // Made at the first gap, and no longer than the longest one asks for.
  #counts: number[] | undefined;
  #total = 0;
  #lastMs = Number.NaN;
  #longestMs = 0;

  note(nowMs: number): void {
    const gapMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (!(gapMs >= 1)) return;
    const bucket = Math.min(maxBuckets - 1, Math.floor(bucketsPerOctave * Math.log2(gapMs)));
    const counts = (this.#counts ??= []);
    while (counts.length <= bucket) counts.push(0);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    this.#total += 1;
    if (gapMs > this.#longestMs) this.#longestMs = gapMs;
  }

  percentile(share: number): number | undefined {
    let rest = Math.max(1, Math.ceil(share * this.#total));
    for (const [bucket, count] of (this.#counts ?? []).entries()) {
      rest -= count;
      if (rest <= 0) return Math.min(2 ** ((bucket + 0.5) / bucketsPerOctave), this.#longestMs);
    }
    return undefined;
  }
}

/** At most 120 counters, however long the stream: its lengths are kept within 9 %. */
export function createGapHistogram(): GapHistogram {
  return new Gaps();
}
