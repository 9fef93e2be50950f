import type { HttpStreamErrorCode } from '@gemini/http-streaming';

/** What ended a stream badly. Codes of the transport below are passed on as they are. */
export type GeminiErrorCode =
  | 'api-error'
  | 'truncated'
  | 'stopped'
  | 'invalid-chunk'
  | 'missing-api-key'
  | 'api-key-failed'
  | 'unsupported-api-key'
  | 'insecure-base-url'
  | 'missing-auth-library'
  | 'auth-failed'
  | 'response-too-large'
  | 'resume-mismatch'
  | 'history-lost'
  | 'blocked'
  | 'incomplete-object'
  | 'invalid-object'
  | 'chat-busy'
  | 'tool-failed'
  | 'too-many-rounds'
  | 'too-many-calls'
  | 'malformed-function-call'
  | 'internal-error'
  | HttpStreamErrorCode;
