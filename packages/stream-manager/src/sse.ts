export { pipeSse, type PipeSseOptions } from './serve/pipe-sse.ts';
export type { EncodedEvent, SseOptions } from './serve/sse-options.ts';
export { toSseResponse } from './serve/to-sse-response.ts';
