export type { Arrival } from './arrivals.ts';
export { classifyDelivery, type DeliveryKind, type DeliveryVerdict } from './classify-delivery.ts';
export { HttpStreamError, type HttpStreamErrorCode, type HttpStreamErrorFacts } from './errors.ts';
export { isLoopbackHost } from './loopback.ts';
export { openEventStream } from './open-event-stream.ts';
export { defaultEventStreamOptions } from './options.ts';
export { parseRetryAfter } from './parse-retry-after.ts';
export { defaultRetryPolicy, retryDelayMs, type RetryPolicy } from './retry-policy.ts';
export type {
  BodyEnd,
  ConsumptionControl,
  EventStream,
  EventStreamConsumer,
  EventStreamOptions,
  EventStreamRequest,
  StreamTiming,
} from './types.ts';
