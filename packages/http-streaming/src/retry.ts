import type { HttpStreamError, HttpStreamErrorCode } from './errors.ts';
import type { ResolvedEventStreamOptions, RetryPolicy } from './options.ts';

// Ended by the caller, or wrong in a way that another attempt would only repeat.
const final: ReadonlySet<HttpStreamErrorCode> = new Set<HttpStreamErrorCode>([
  'aborted',
  'abandoned',
  'consumer-failed',
  'total-timeout',
  'invalid-dispatcher',
]);
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
  const { code, status, headers, bodyExcerpt, bodyText, retryAfterMs, transient } = error;
  const decision = decide?.({ code, status, headers, bodyExcerpt, bodyText, retryAfterMs, transient, attempt });
  if (!(decision?.retry ?? transient)) return undefined;
  const hintMs = Math.max(retryAfterMs ?? 0, decision?.minDelayMs ?? 0);
  // A request that comes sooner than it was asked to is refused again, and some servers count it.
  if (hintMs > policy.maxDelayMs) return undefined;
  // The server closed a connection that it had kept open just when we took it: a new one has nothing to recover from.
  if (error.reusedConnection && hintMs === 0) return 0;
  return retryDelayMs(policy, attempt, hintMs, random);
}

/**
 * How long to wait after attempt number `attempt` (1 for the first) has failed. Without a hint, anything from nothing to
 * the doubled base ("full jitter": clients that failed together come back apart); with one, never shorter than the hint,
 * and the jitter on top. Never longer than `maxDelayMs`, so look whether the hint is before you wait. Pure: `random` gives numbers from 0 up to 1.
 */
export function retryDelayMs(
  policy: Pick<RetryPolicy, 'baseDelayMs' | 'maxDelayMs'>,
  attempt: number,
  hintMs = 0,
  random: () => number = Math.random,
): number {
  // Past 52 doublings any limit is reached, and further ones would end at infinity.
  const doublings = Math.min(52, Math.max(0, attempt - 1));
  const ceilingMs = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** doublings);
  return Math.min(policy.maxDelayMs, Math.max(0, hintMs) + random() * ceilingMs);
}

const httpDate = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? /i;

/**
 * Milliseconds from `nowMs` (epoch) that a `Retry-After` header asks for: a number of seconds, or one of the three forms
 * of an HTTP date (RFC 9110, sections 10.2.3 and 5.6.7). `0` for a date that has passed, `undefined` for anything else.
 * Not clamped. Pure.
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1_000;
  if (!httpDate.test(text)) return undefined;
  // The oldest form names no zone and means GMT; Date.parse would take it for local time.
  const atMs = Date.parse(/gmt$/i.test(text) ? text : `${text} GMT`);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
