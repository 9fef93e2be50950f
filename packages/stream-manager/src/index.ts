export { approximateBytes } from './approximate-bytes.ts';
export { createStreamManager } from './create-stream-manager.ts';
export { StreamManagerError, type StreamManagerErrorCode, type StreamManagerErrorFacts } from './errors.ts';
export type { LifecycleEvent, OnLifecycle } from './stream/lifecycle.ts';
export { defaultStreamManagerOptions, type StreamManagerOptions } from './manager-options.ts';
export type { StreamPosition } from './position.ts';
export type { PullSource, PushSource, SourceContext, StreamSink, StreamSource } from './stream/stream-source.ts';
export type { EndStatus, StreamStatus } from './stream/stream-state.ts';
export type {
  DetachedEnd,
  GapEvent,
  GaplessSubscribeOptions,
  OnSlow,
  StreamEnd,
  StreamIterator,
  SubscribeOptions,
  Subscriber,
  SubscriberWithEnd,
  Subscription,
  SubscriptionEnd,
} from './subscribers/subscription.ts';
export type {
  ManagedStream,
  StartOptions,
  StreamFilter,
  StreamInfo,
  StreamManager,
  StreamManagerStats,
} from './types.ts';
