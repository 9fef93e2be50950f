import type { Arrival } from './arrivals.ts';

/**
 * `live`: each event came by itself. `bursty`: several at a time, cut at event borders. `partial`: in pieces that end
 * inside events, as a filling byte buffer sends them. `buffered`: nearly all at once. `inconclusive`: too few events,
 * or too short an answer to tell.
 */
export type DeliveryKind = 'live' | 'bursty' | 'partial' | 'buffered' | 'inconclusive';

/** How a stream was delivered, with the figures that say so. */
export interface DeliveryVerdict {
  readonly kind: DeliveryKind;
  readonly events: number;
  /** Reads that came together count as one delivery. */
  readonly deliveries: number;
  /** The largest delivery's share of the events, 0 to 1. */
  readonly largestShare: number;
  /** Events per delivery that completed at least one. */
  readonly eventsPerDelivery: number;
  /** The share of the waiting time that was spent holding half an event, 0 to 1. */
  readonly openShare: number;
}

interface Delivery {
  readonly firstMs: number;
  lastMs: number;
  events: number;
  open: boolean;
}

const minEvents = 5;
const shortAnswerMs = 250;
const buffered = 0.8;
const maxMergeGapMs = 5;

/**
 * Tells live from buffered from arrival times alone: no server clock is needed. The time before the first read is no
 * evidence, because models think. Pure.
 */
export function classifyDelivery(arrivals: readonly Arrival[]): DeliveryVerdict {
  const deliveries = mergeReads(arrivals);
  const events = deliveries.reduce((sum, delivery) => sum + delivery.events, 0);
  const completing = deliveries.filter((delivery) => delivery.events > 0).length;
  const largest = deliveries.reduce((max, delivery) => Math.max(max, delivery.events), 0);
  const figures = {
    events,
    deliveries: deliveries.length,
    largestShare: events === 0 ? 0 : largest / events,
    eventsPerDelivery: completing === 0 ? 0 : events / completing,
    openShare: openShareOf(deliveries),
  };
  return { kind: kindOf(figures, arrivals.at(-1)?.atMs ?? 0), ...figures };
}

function kindOf(figures: Omit<DeliveryVerdict, 'kind'>, endMs: number): DeliveryKind {
  const allAtOnce = figures.largestShare >= buffered;
  if (figures.events < minEvents || (allAtOnce && endMs < shortAnswerMs)) return 'inconclusive';
  if (allAtOnce) return 'buffered';
  if (figures.openShare >= 0.5 && figures.deliveries <= 1.5 * figures.events) return 'partial';
  return figures.eventsPerDelivery < 1.5 ? 'live' : 'bursty';
}

function mergeReads(arrivals: readonly Arrival[]): Delivery[] {
  const gaps = arrivals.slice(1).map((arrival, index) => arrival.atMs - (arrivals[index]?.atMs ?? 0));
  const mergeGapMs = Math.min(maxMergeGapMs, median(gaps) / 4);
  const deliveries: Delivery[] = [];
  for (const { atMs, events, open } of arrivals) {
    const last = deliveries.at(-1);
    if (last !== undefined && atMs - last.lastMs <= mergeGapMs) {
      last.lastMs = atMs;
      last.events += events;
      last.open = open || last.events === 0;
    } else {
      deliveries.push({ firstMs: atMs, lastMs: atMs, events, open: open || events === 0 });
    }
  }
  return deliveries;
}

function openShareOf(deliveries: readonly Delivery[]): number {
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

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[sorted.length >> 1] ?? 0;
}
