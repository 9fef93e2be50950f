import type { HttpStreamErrorCode } from '@gemini/http-streaming';
import type { GenerateContentResponse } from './wire.ts';

/** What ended a stream badly. Codes of the transport below are passed on as they are. */
export type GeminiErrorCode =
  | 'api-error'
  | 'truncated'
  | 'stopped'
  | 'invalid-chunk'
  | 'missing-api-key'
  | 'insecure-base-url'
  | 'response-too-large'
  | 'history-lost'
  | HttpStreamErrorCode;

/** The facts of a failure. */
export interface GeminiErrorFacts {
  /** The HTTP status, or the one that belongs to the error's `status` name. */
  readonly status?: number | undefined;
  /** The API's own name of the error: `RESOURCE_EXHAUSTED`, `INVALID_ARGUMENT`, … */
  readonly reason?: string | undefined;
  /** The `google.rpc` details, as they came. */
  readonly details?: readonly unknown[] | undefined;
  /** The least wait that the server asked for. */
  readonly retryAfterMs?: number | undefined;
  readonly partial?: GenerateContentResponse | undefined;
  readonly cause?: unknown;
}

/** Every failure of this layer. Recognise it by `name` and `code`, so that two copies of the package can meet. */
export class GeminiError extends Error {
  override readonly name = 'GeminiError';
  readonly code: GeminiErrorCode;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly details: readonly unknown[];
  readonly retryAfterMs: number | undefined;
  /** What had come of the response. Not enumerable: an answer has no place in a log line. */
  declare readonly partial: GenerateContentResponse | undefined;

  constructor(code: GeminiErrorCode, message: string, facts: GeminiErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.status = facts.status;
    this.reason = facts.reason;
    this.details = facts.details ?? [];
    this.retryAfterMs = facts.retryAfterMs;
    Object.defineProperty(this, 'partial', { value: facts.partial, enumerable: false });
  }
}
