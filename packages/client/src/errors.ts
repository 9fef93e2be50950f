import type { GeminiErrorCode } from './types.ts';
import type { GenerateContentResponse } from './wire/types.ts';

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

/** What decides about a second try. */
interface RetryableFacts {
  readonly code: GeminiErrorCode;
  readonly status?: number | undefined;
  readonly quotaViolations: readonly QuotaViolation[];
  readonly cause?: unknown;
}

const retryableStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
const retryableCodes: ReadonlySet<GeminiErrorCode> = new Set([
  'connect-failed',
  'connect-timeout',
  'headers-timeout',
  'idle-timeout',
  'content-idle-timeout',
  'connection-lost',
  'truncated',
]);

/** Whether the same request may succeed when it is sent again. A certificate stays as it is, and so does a spent day. */
function isRetryable({ code, status, quotaViolations, cause }: RetryableFacts): boolean {
  if (code === 'connect-failed') return !isCertificateError(cause);
  if (retryableCodes.has(code)) return true;
  if (quotaViolations.some(({ quotaId }) => quotaId?.includes('PerDay'))) return false;
  return (code === 'api-error' || code === 'bad-status') && status !== undefined && retryableStatuses.has(status);
}

function isCertificateError(cause: unknown): boolean {
  for (let error = cause; error instanceof Error; error = error.cause) {
    const { code } = error as { code?: unknown };
    if (typeof code === 'string' && /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|ALTNAME/.test(code)) return true;
  }
  return false;
}

/** What a schema found wrong: where, and what it says of it. */
export interface ObjectIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A quota that is used up, as `google.rpc.QuotaFailure` tells it. */
export interface QuotaViolation {
  readonly quotaId?: string | undefined;
  readonly quotaMetric?: string | undefined;
  readonly quotaValue?: string | undefined;
  readonly quotaDimensions?: Readonly<Record<string, string>> | undefined;
}
