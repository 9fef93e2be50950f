export { type GeminiInstrumentation, instrumentGemini } from './instrument-gemini.ts';
export type { InstrumentGeminiOptions, LoggerProviderLike, LogRecordLike } from './options.ts';
