import type { DeliveryKind } from './classify-delivery.ts';
import type { MergedRead } from './merge-reads.ts';

/**
 * Who held a stream back. `collected-body`: it has a `content-length`, so somebody had the whole body before sending
 * it. `compression`: it is compressed, and the compressor is not flushed after each event. `proxy-buffer`: it comes in
 * whole pages of 4 KiB, as a proxy's buffer gives them out (nginx with an HTTP/1.0 upstream; `proxy_http_version 1.1`
 * or `X-Accel-Buffering: no` helps).
 */
export type DeliveryCause = 'collected-body' | 'compression' | 'proxy-buffer';

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
