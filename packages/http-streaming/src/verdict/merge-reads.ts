import type { Arrival } from './arrivals.ts';

/** Reads that came together. */
export interface MergedRead {
  readonly firstMs: number;
  lastMs: number;
  bytes: number;
  events: number;
  /** Half an event was held after it, or it completed none. */
  open: boolean;
}

const maxGapMs = 5;
// A read of that size left more behind: it is as much as TLS puts into a record and as undici reads at a time.
const fullReadBytes = 16 * 1024;

/**
 * Joins reads that are at most 5 ms and a quarter of the median gap apart, so that a fast stream is not taken for one
 * piece. The gap is that between reads which complete an event, because a large event comes in many. A large body comes
 * in many reads at no distance at all: what follows a full read within 5 ms belongs to it.
 */
export function mergeReads(arrivals: readonly Arrival[]): MergedRead[] {
  const completing = arrivals.filter(({ events }) => events > 0);
  const gaps = completing.slice(1).map((arrival, index) => arrival.atMs - (completing[index]?.atMs ?? 0));
  const usualGapMs = Math.min(maxGapMs, median(gaps) / 4);
  const merged: MergedRead[] = [];
  let mergeGapMs = usualGapMs;
  for (const { atMs, bytes, events, open } of arrivals) {
    const last = merged.at(-1);
    if (last !== undefined && atMs - last.lastMs <= mergeGapMs) {
      last.lastMs = atMs;
      last.bytes += bytes;
      last.events += events;
      last.open = open || last.events === 0;
    } else {
      merged.push({ firstMs: atMs, lastMs: atMs, bytes, events, open: open || events === 0 });
    }
    mergeGapMs = bytes >= fullReadBytes ? maxGapMs : usualGapMs;
  }
  return merged;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[sorted.length >> 1] ?? 0;
}
