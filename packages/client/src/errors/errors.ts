import type { GeminiErrorCode } from './error-code.ts';
import type { QuotaViolation } from './google-rpc-details.ts';
import { isRetryable } from './retryable.ts';
import type { ObjectIssue } from '../structured/object-schema.ts';
import type { GenerateContentResponse } from '../wire.ts';

/** The facts of a failure. */
export interface GeminiErrorFacts {
  /** The HTTP status, or the one that belongs to the error's `status` name. */
  readonly status?: number | undefined;
  /** The API's own name of the error: `RESOURCE_EXHAUSTED`, `INVALID_ARGUMENT`, … */
  readonly reason?: string | undefined;
  /** The `google.rpc` details, as they came, with the key blotted out. */
  readonly details?: readonly unknown[] | undefined;
  /** The quotas that were used up. */
  readonly quotaViolations?: readonly QuotaViolation[] | undefined;
  /** The least wait that the server asked for. */
  readonly retryAfterMs?: number | undefined;
  /** The limit that was passed, and by what. */
  readonly limit?: number | undefined;
  readonly received?: number | undefined;
  readonly partial?: GenerateContentResponse | undefined;
  /** The answer that held no object, or not the one that was asked for. */
  readonly text?: string | undefined;
  /** Where it does not fit the schema. */
  readonly issues?: readonly ObjectIssue[] | undefined;
  readonly cause?: unknown;
}

/** Every failure of this layer. Recognise it by `name` and `code`, so that two copies of the package can meet. */
export class GeminiError extends Error {
  override readonly name = 'GeminiError';
  readonly code: GeminiErrorCode;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly details: readonly unknown[];
  readonly quotaViolations: readonly QuotaViolation[];
  readonly retryAfterMs: number | undefined;
  /** Whether the same request may succeed when it is sent again. A quota of the day says no. */
  readonly retryable: boolean;
  readonly limit: number | undefined;
  readonly received: number | undefined;
  /** What had come of the response. Not enumerable: an answer has no place in a log line. */
  declare readonly partial: GenerateContentResponse | undefined;
  /** The answer that held no object, or not the one that was asked for. Not enumerable either. */
  declare readonly text: string | undefined;
  /** Where an answer does not fit its schema, and why. */
  readonly issues: readonly ObjectIssue[];

  constructor(code: GeminiErrorCode, message: string, facts: GeminiErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.status = facts.status;
    this.reason = facts.reason;
    this.details = facts.details ?? [];
    this.quotaViolations = facts.quotaViolations ?? [];
    this.retryAfterMs = facts.retryAfterMs;
    this.limit = facts.limit;
    this.received = facts.received;
    this.issues = facts.issues ?? [];
    this.retryable = isRetryable(this);
    setPartial(this, facts.partial);
    Object.defineProperty(this, 'text', { value: facts.text, enumerable: false });
  }
}

/** Gives an error what had come of the response, in place: a copy would lose the stack. */
export function setPartial(error: GeminiError, partial: GenerateContentResponse | undefined): void {
  Object.defineProperty(error, 'partial', { value: partial, enumerable: false, configurable: true });
}
