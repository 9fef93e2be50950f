import type { Arrival } from './arrivals.ts';
import { causeOfDelivery } from './delivery-cause.ts';
import type { DeliveryKind, DeliveryVerdict } from './delivery-verdict.ts';
import { mergeReads, type MergedRead } from './merge-reads.ts';

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
