export { createStreamingFetch } from './create-streaming-fetch.ts';
export { StreamingFetchError, type StreamingFetchErrorFacts } from './errors.ts';
export { defaultStreamingFetchOptions } from './options.ts';
export type { StreamEnd, StreamingFetchErrorCode, StreamingFetchOptions, StreamRetry } from './types.ts';
