export { approximateBytes } from './approximate-bytes.ts';
export { createStreamManager, randomId } from './create-stream-manager.ts';
export { StreamManagerError, type StreamManagerErrorCode, type StreamManagerErrorFacts } from './errors.ts';
export type { LifecycleEvent, OnLifecycle } from './lifecycle.ts';
export { checkNames, defaultStreamManagerOptions, type StreamManagerOptions } from './options.ts';
export type { StreamPosition } from './event-log.ts';
export type { PullSource, PushSource, SourceContext, StreamSink, StreamSource } from './source.ts';
export { jsonCodec, type StreamCodec } from './stream-codec.ts';
export type {
  Claim,
  FollowSink,
  FollowedStream,
  LeadRequest,
  LedStream,
  StoredEnd,
  StoredStream,
  StreamLeader,
  StreamLog,
  StreamLogProvider,
} from './stream-log.ts';
export type { EndStatus, StreamStatus } from './stream-state.ts';
export type {
  DetachedEnd,
  GapEvent,
  GaplessSubscribeOptions,
  OnSlow,
  PickOptions,
  PickedEnd,
  StreamEnd,
  StreamIterator,
  SubscribeOptions,
  Subscriber,
  SubscriberWithEnd,
  Subscription,
  SubscriptionEnd,
  ManagedStream,
  CloseOptions,
  StartOptions,
  StreamFilter,
  StreamInfo,
  StreamManager,
  StreamManagerStats,
} from './types.ts';
