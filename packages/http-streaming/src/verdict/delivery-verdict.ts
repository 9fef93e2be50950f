/**
 * `live`: each event came by itself. `bursty`: several at a time, cut at event borders. `partial`: in pieces that end
 * inside events, as a filling byte buffer sends them. `buffered`: nearly all at once. `inconclusive`: too few events,
 * or too short an answer to tell.
 */
export type DeliveryKind = 'live' | 'bursty' | 'partial' | 'buffered' | 'inconclusive';

/**
 * Who held a stream back. `collected-body`: it has a `content-length`, so somebody had the whole body before sending
 * it. `compression`: it is compressed, and the compressor is not flushed after each event. `proxy-buffer`: it comes in
 * whole pages of 4 KiB, as a proxy's buffer gives them out (nginx with an HTTP/1.0 upstream; `proxy_http_version 1.1`
 * or `X-Accel-Buffering: no` helps).
 */
export type DeliveryCause = 'collected-body' | 'compression' | 'proxy-buffer';

/** How a stream was delivered, with the figures that say so. */
export interface DeliveryVerdict {
  readonly kind: DeliveryKind;
  /** Who most likely held it back, where the wire gives it away. */
  readonly cause?: DeliveryCause | undefined;
  readonly events: number;
  /** Reads that came together count as one delivery. */
  readonly deliveries: number;
  /** The largest share of the events that came at once (within 5 ms, or in one delivery), 0 to 1. */
  readonly largestShare: number;
  /** Events per delivery that completed at least one. */
  readonly eventsPerDelivery: number;
  /** The share of the waiting time that was spent holding half an event, 0 to 1. */
  readonly openShare: number;
}
