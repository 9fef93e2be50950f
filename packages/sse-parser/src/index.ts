export { createSseParser } from './create-sse-parser.ts';
export { encodeSse, type SseFrame } from './encode-sse.ts';
export { SseError, type SseErrorCode, type SseErrorFacts } from './errors.ts';
export { parseSse, type ParseSseOptions, type SseSource } from './parse-sse.ts';
export { SseParserStream } from './sse-parser-stream.ts';
export {
  type SseEvent,
  type SseInputEnd,
  type SseParser,
  type SseParserOptions,
  type SseStreamOptions,
  sseDefaults,
} from './types.ts';
