export type { Arrival } from './arrivals.ts';
export type { BodyEnd } from './body-end.ts';
export type { HttpStreamMessage, HttpStreamMoment } from './channels.ts';
export { classifyDelivery } from './classify-delivery.ts';
export type { DeliveryCause, DeliveryKind, DeliveryVerdict } from './delivery-verdict.ts';
export type { ConnectPhase } from './connect-phase.ts';
export type { ConnectionTimes } from './connection-times.ts';
export { HttpStreamError, type HttpStreamErrorCode, type HttpStreamErrorFacts } from './errors.ts';
export type { FlightEntry, FlightRecording } from './flight-recorder.ts';
export { isLoopbackHost } from './loopback.ts';
export { openEventStream } from './open-event-stream.ts';
export { defaultEventStreamOptions, type EventStreamOptions } from './options.ts';
export { parseRetryAfter } from './parse-retry-after.ts';
export type { RetryDecision, RetryFailure, RetryInfo, RetryOptions } from './retry-options.ts';
export { defaultRetryPolicy, retryDelayMs, type RetryPolicy } from './retry-policy.ts';
export type {
  ConsumptionControl,
  EventStream,
  EventStreamConsumer,
  EventStreamRequest,
  StreamTiming,
} from './types.ts';
