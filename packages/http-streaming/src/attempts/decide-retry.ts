import type { HttpStreamError, HttpStreamErrorCode } from '../errors.ts';
import type { ResolvedEventStreamOptions } from '../options.ts';
import { retryDelayMs } from './retry-policy.ts';

// Ended by the caller, or wrong in a way that another attempt would only repeat.
const final: ReadonlySet<HttpStreamErrorCode> = new Set<HttpStreamErrorCode>([
  'aborted',
  'abandoned',
  'consumer-failed',
  'total-timeout',
  'invalid-dispatcher',
]);
const transientStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/**
 * The wait before the next attempt, or `undefined` when the failure is the stream's end: also when a longer wait is asked
 * for than the policy allows. To be asked only while nothing was delivered. Pure, apart from the caller's own `decide`, whose exceptions pass through.
 */
export function decideRetry(
  error: HttpStreamError,
  attempt: number,
  { retry: policy, decide }: Pick<ResolvedEventStreamOptions, 'retry' | 'decide'>,
  random: () => number = Math.random,
): number | undefined {
  if (attempt >= policy.maxAttempts || final.has(error.code)) return undefined;
  const { code, status, headers, bodyExcerpt, retryAfterMs } = error;
  const decision = decide?.({ code, status, headers, bodyExcerpt, retryAfterMs, attempt });
  if (!(decision?.retry ?? isTransient(error))) return undefined;
  const hintMs = Math.max(retryAfterMs ?? 0, decision?.minDelayMs ?? 0);
  // A request that comes sooner than it was asked to is refused again, and some servers count it.
  if (hintMs > policy.maxDelayMs) return undefined;
  // The server closed a connection that it had kept open just when we took it: a new one has nothing to recover from.
  if (error.reusedConnection && hintMs === 0) return 0;
  return retryDelayMs(policy, attempt, hintMs, random);
}

/** A timeout after the request was sent is not: the model may be thinking, and a second request is billed again. */
function isTransient({ code, status, connectPhase }: HttpStreamError): boolean {
  if (code === 'bad-status') return status !== undefined && transientStatuses.has(status);
  // A certificate does not become valid within seconds.
  if (code === 'connect-failed') return connectPhase !== 'tls';
  return code === 'connect-timeout' || code === 'connection-lost';
}
