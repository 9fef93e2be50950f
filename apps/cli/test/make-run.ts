import type { DeliveryKind } from '@gemini/client';
import type { MeasuredEvent, MeasuredRun } from '../src/measure/measured-run.ts';

/** A run whose events were shown in the moment in which they arrived. */
export function makeRun(
  arrivals: readonly (number | { readonly sentMs: number; readonly arrivedMs: number })[],
  { kind = 'live', ...rest }: Partial<MeasuredRun> & { readonly kind?: DeliveryKind; readonly text?: string } = {},
): MeasuredRun {
  const events = arrivals.map((arrival): MeasuredEvent => {
    const { sentMs, arrivedMs } = typeof arrival === 'number' ? { arrivedMs: arrival } : arrival;
    return { sentMs, arrivedMs, shownMs: arrivedMs, bytes: 100, text: rest.text ?? 'word ' };
  });
  const figures = { deliveries: events.length, largestShare: 0.1, eventsPerDelivery: 1, openShare: 0 };
  return {
    startedAt: Date.UTC(2026, 0, 2),
    endedMs: events.at(-1)?.arrivedMs ?? 0,
    events,
    verdict: { kind, events: events.length, ...figures },
    end: { status: 'completed' },
    ...rest,
  };
}
