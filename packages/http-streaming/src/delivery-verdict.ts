import type { Arrival, DeliveryCause, DeliveryKind, DeliveryVerdict } from './types.ts';

const minEvents = 5;
const shortAnswerMs = 250;
const buffered = 0.8;
const atOnceMs = 5;

/**
 * Tells live from buffered from arrival times alone: no server clock is needed. The time before the first read is no
 * evidence, because models think. The response's headers, when given, only help to name the cause. Pure.
 */
export function classifyDelivery(
  arrivals: readonly Arrival[],
  headers: Readonly<Record<string, string>> = {},
): DeliveryVerdict {
  const deliveries = mergeReads(arrivals);
  const events = deliveries.reduce((sum, delivery) => sum + delivery.events, 0);
  const completing = deliveries.filter((delivery) => delivery.events > 0).length;
  const figures = {
    events,
    deliveries: deliveries.length,
    largestShare: events === 0 ? 0 : mostAtOnce(deliveries) / events,
    eventsPerDelivery: completing === 0 ? 0 : events / completing,
    openShare: openShareOf(deliveries),
  };
  const kind = kindOf(figures, arrivals.at(-1)?.atMs ?? 0);
  const cause = kind === 'live' ? undefined : causeOfDelivery(kind, deliveries, headers);
  return cause === undefined ? { kind, ...figures } : { kind, cause, ...figures };
}

function kindOf(figures: Omit<DeliveryVerdict, 'kind'>, endMs: number): DeliveryKind {
  const allAtOnce = figures.largestShare >= buffered;
  if (figures.events < minEvents || (allAtOnce && endMs < shortAnswerMs)) return 'inconclusive';
  if (allAtOnce) return 'buffered';
  if (figures.openShare >= 0.5 && figures.deliveries <= 1.5 * figures.events) return 'partial';
  return figures.eventsPerDelivery < 1.5 ? 'live' : 'bursty';
}

/** The most events that came within 5 ms: many small reads of one full buffer are no stream. */
function mostAtOnce(deliveries: readonly MergedRead[]): number {
  let most = 0;
  let events = 0;
  let first = 0;
  for (const last of deliveries) {
    events += last.events;
    for (let oldest = deliveries[first]; oldest !== undefined && oldest !== last; oldest = deliveries[first]) {
      if (last.lastMs - oldest.firstMs <= atOnceMs) break;
      events -= oldest.events;
      first += 1;
    }
    most = Math.max(most, events);
  }
  return most;
}

function openShareOf(deliveries: readonly MergedRead[]): number {
  let idleMs = 0;
  let openMs = 0;
  for (const [index, delivery] of deliveries.entries()) {
    const next = deliveries[index + 1];
    if (next === undefined) break;
    const waitMs = next.firstMs - delivery.lastMs;
    idleMs += waitMs;
    if (delivery.open) openMs += waitMs;
  }
  return idleMs === 0 ? 0 : openMs / idleMs;
}

const pageBytes = 4_096;
const mostly = 0.75;

/** Returns the cause of a delivery that is not live, if the wire gives it away. Pure. */
function causeOfDelivery(
  kind: DeliveryKind,
  deliveries: readonly MergedRead[],
  headers: Readonly<Record<string, string>>,
): DeliveryCause | undefined {
  if (headers['content-length'] !== undefined) return 'collected-body';
  // A burst that ends between events may be the origin's own rhythm, and a short answer is no evidence.
  if (kind !== 'buffered' && kind !== 'partial') return undefined;
  const coding = headers['content-encoding']?.trim().toLowerCase();
  if (coding !== undefined && coding !== 'identity') return 'compression';
  // The last one is what was left.
  const whole = deliveries.slice(0, -1);
  const pages = whole.filter(({ bytes }) => bytes > 0 && bytes % pageBytes === 0).length;
  return whole.length > 0 && pages >= mostly * whole.length ? 'proxy-buffer' : undefined;
}

/** Reads that came together. */
interface MergedRead {
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
function mergeReads(arrivals: readonly Arrival[]): MergedRead[] {
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
