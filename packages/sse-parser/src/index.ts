export { createSseParser } from './create-sse-parser.ts';
export { encodeSse } from './encode-sse.ts';
export { SseError, type SseErrorCode, type SseErrorFacts } from './errors.ts';
export { defaultSseStreamOptions } from './options.ts';
export { parseSse } from './parse-sse.ts';
export { SseParserStream } from './sse-parser-stream.ts';
export type {
  ParseSseOptions,
  SseEvent,
  SseFrame,
  SseInputEnd,
  SseParser,
  SseParserOptions,
  SseSource,
  SseStreamOptions,
} from './types.ts';
