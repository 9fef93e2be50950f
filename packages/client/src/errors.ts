import type { GeminiErrorCode } from './types.ts';
import type { GenerateContentResponse } from './wire/types.ts';

/** The facts of a failure. */
export interface GeminiErrorFacts {
  /** The HTTP status, or the one that belongs to the error's `status` name. */
  readonly status?: number | undefined;
  /** The API's own name of the error: `RESOURCE_EXHAUSTED`, `INVALID_ARGUMENT`, … */
  readonly reason?: string | undefined;
  /** The `google.rpc` details, as they came, with the key redacted. */
  readonly details?: readonly unknown[] | undefined;
  /** The quotas that were used up. */
  readonly quotaViolations?: readonly QuotaViolation[] | undefined;
  /** @defaultValue whether the code is `truncated` */
  readonly retryable?: boolean | undefined;
  /** The least wait that the server asked for. */
  readonly retryAfterMs?: number | undefined;
  /** The limit that was passed, and by what. */
  readonly limit?: number | undefined;
  readonly received?: number | undefined;
  readonly partial?: GenerateContentResponse | undefined;
  /** The answer that has no object, or an object that does not fit. */
  readonly text?: string | undefined;
  /** The places where the object does not fit the schema. */
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
  /**
   * Whether the same request may succeed if it is sent again soon: the transport's `transient`, or one of its statuses
   * sent by the API. A used up quota of the day is not retryable, and neither is a silence.
   */
  readonly retryable: boolean;
  readonly limit: number | undefined;
  readonly received: number | undefined;
  /** The partial response. Not enumerable: an answer does not belong in a log line. */
  declare readonly partial: GenerateContentResponse | undefined;
  /** The answer that has no object, or an object that does not fit. Not enumerable either. */
  declare readonly text: string | undefined;
  /** The places where an answer does not fit its schema, and why. */
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
    this.retryable = facts.retryable ?? code === 'truncated';
    setPartial(this, facts.partial);
    Object.defineProperty(this, 'text', { value: facts.text, enumerable: false });
  }
}

/** Sets the partial response of an error in place: a copy would lose the stack. */
export function setPartial(error: GeminiError, partial: GenerateContentResponse | undefined): void {
  Object.defineProperty(error, 'partial', { value: partial, enumerable: false, configurable: true });
}

/** A fault that a schema found in an answer. */
export interface ObjectIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A quota that is used up, as in `google.rpc.QuotaFailure`. */
export interface QuotaViolation {
  readonly quotaId?: string | undefined;
  readonly quotaMetric?: string | undefined;
  readonly quotaValue?: string | undefined;
  readonly quotaDimensions?: Readonly<Record<string, string>> | undefined;
}
