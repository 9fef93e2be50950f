export type { Arrival } from './verdict/arrivals.ts';
export type { BodyEnd } from './body/body-end.ts';
export type { HttpStreamMessage, HttpStreamMoment } from './channels.ts';
export { classifyDelivery } from './verdict/classify-delivery.ts';
export type { DeliveryCause, DeliveryKind, DeliveryVerdict } from './verdict/delivery-verdict.ts';
export type { ConnectPhase } from './connection/connect-phase.ts';
export type { ConnectionTimes } from './connection/connection-times.ts';
export { HttpStreamError, type HttpStreamErrorCode, type HttpStreamErrorFacts } from './errors.ts';
export type { FlightEntry, FlightRecording } from './flight/flight-recorder.ts';
export { isLoopbackHost } from './connection/loopback.ts';
export { openEventStream } from './open-event-stream.ts';
export { defaultEventStreamOptions, type EventStreamOptions } from './options.ts';
export { parseRetryAfter } from './attempts/parse-retry-after.ts';
export type { RetryDecision, RetryFailure, RetryInfo, RetryOptions } from './attempts/retry-options.ts';
export { defaultRetryPolicy, retryDelayMs, type RetryPolicy } from './attempts/retry-policy.ts';
export type {
  ConsumptionControl,
  EventStream,
  EventStreamConsumer,
  EventStreamRequest,
  StreamTiming,
} from './types.ts';
