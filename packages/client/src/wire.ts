// The rules of Gemini's wire alone, for programs that read it without this client: no streams, no manager, no schemas.
export { judgeAnswer, type WireEnd } from './answer/outcome.ts';
export { GeminiError, type GeminiErrorFacts, type QuotaViolation } from './errors.ts';
export type { GeminiErrorCode } from './types.ts';
export { isAbsent, presentText } from './wire/absent.ts';
export { eventError, failureOf, googleRpcError, parseGoogleRpcError } from './wire/google-error.ts';
export { isRecord } from './wire/guard.ts';
export type { Candidate, GenerateContentResponse, PromptFeedback, UsageMetadata } from './wire/types.ts';
