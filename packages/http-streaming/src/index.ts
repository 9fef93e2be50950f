export { isLoopbackHost } from './connection.ts';
export { classifyDelivery } from './delivery-verdict.ts';
export {
  HttpStreamError,
  isTransientStatus,
  type ConnectPhase,
  type FlightEntry,
  type FlightRecording,
  type HttpStreamErrorCode,
  type HttpStreamErrorFacts,
  type HttpStreamMoment,
} from './errors.ts';
export type { EventRun } from './event-run.ts';
export { openEventStream, OpeningStream } from './open-event-stream.ts';
export { defaultMaxBodyBytes, type JsonRequestOptions, type JsonResponse, requestJson } from './request-json.ts';
export {
  defaultEventStreamOptions,
  defaultRetryPolicy,
  refuseUnknown,
  resolveEventStreamOptions,
  resolveRetryOptions,
  type EventStreamOptions,
  type EventStreamRetryOptions,
  type RetryDecision,
  type RetryFailure,
  type RetryInfo,
  type RetryOptions,
  type RetryPolicy,
} from './options.ts';
export { parseRetryAfter, retryDelayMs } from './retry.ts';
export type {
  Arrival,
  BodyEnd,
  ConnectionTimes,
  ConsumptionControl,
  DeliveryCause,
  DeliveryKind,
  DeliveryVerdict,
  EventStream,
  EventStreamConsumer,
  EventStreamRequest,
  HttpStreamMessage,
  ResponseInfo,
  StreamTiming,
} from './types.ts';
