export { pipeSse, type PipeSseOptions } from './pipe-sse.ts';
export type { EncodedEvent, SseOptions } from './sse-options.ts';
export { toSseResponse } from './to-sse-response.ts';
