/** How often to try, and how long to wait in between. */
export interface RetryPolicy {
  /** The first one counts too: `1` never retries. */
  readonly maxAttempts: number;
  /** The most that the first wait may take, before what the server asks for; it doubles with each attempt. */
  readonly baseDelayMs: number;
  /** The longest wait. Where the server asks for a longer one, there is no other attempt. */
  readonly maxDelayMs: number;
}

/** The policy where a caller names none: three attempts, at most 0.5 s and 1 s apart unless the server asks for more. */
export const defaultRetryPolicy: RetryPolicy = {
  maxAttempts: 3,
  baseDelayMs: 500,
  maxDelayMs: 60_000,
};

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
