export { StreamFollowError, type StreamFollowErrorFacts } from './errors.ts';
export { followStream } from './follow-stream.ts';
export { defaultFollowOptions } from './options.ts';
export type {
  EndStatus,
  FollowedStream,
  FollowOptions,
  FollowOutcome,
  FollowRequest,
  FollowStatus,
  GapEvent,
  ReconnectOptions,
  RequestHeaders,
  ServedEvent,
  ServedFrame,
  StopRequest,
  StreamFollowErrorCode,
} from './types.ts';
