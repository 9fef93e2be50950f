export type { EncodedEvent, SseOptions } from './sse/sse-options.ts';
export { pipeSse, type PipeSseOptions, toSseResponse } from './sse/serve-sse.ts';
