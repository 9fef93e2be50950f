import type { DeliveryCause, DeliveryKind } from './delivery-verdict.ts';
import type { MergedRead } from './merge-reads.ts';

const pageBytes = 4_096;
const mostly = 0.75;

/** Names the cause of a delivery that is not live, where the wire gives it away. Pure. */
export function causeOfDelivery(
  kind: DeliveryKind,
  deliveries: readonly MergedRead[],
  headers: Readonly<Record<string, string>>,
): DeliveryCause | undefined {
  if (headers['content-length'] !== undefined) return 'collected-body';
  // A burst that ends between events is the origin's own rhythm as likely as not; a short answer tells nothing.
  if (kind !== 'buffered' && kind !== 'partial') return undefined;
  const coding = headers['content-encoding']?.trim().toLowerCase();
  if (coding !== undefined && coding !== 'identity') return 'compression';
  // The last one is what was left.
  const whole = deliveries.slice(0, -1);
  const pages = whole.filter(({ bytes }) => bytes > 0 && bytes % pageBytes === 0).length;
  return whole.length > 0 && pages >= mostly * whole.length ? 'proxy-buffer' : undefined;
}
