import type { GeminiErrorCode } from './error-code.ts';
import type { QuotaViolation } from './google-rpc-details.ts';

/** What decides about a second try. */
export interface RetryableFacts {
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
export function isRetryable({ code, status, quotaViolations, cause }: RetryableFacts): boolean {
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
