/** How often, and after what waits, one stream may be asked for. */
export interface RetryOptions {
  /**
   * Requests for one stream, whatever they are repeated for. An answer that the server itself hands over to another
   * request does not count while it goes on.
   * @defaultValue 3. Past it the stream ends with what there is.
   */
  readonly maxAttempts?: number | undefined;
  /**
   * The wait before the first repetition; each further one doubles it, less a random part of up to half.
   * @defaultValue 500
   */
  readonly baseDelayMs?: number | undefined;
  /**
   * The longest wait.
   * @defaultValue 60 000. A server that asks for a longer one ends the stream, with `retryAfterMs` in its error.
   */
  readonly maxDelayMs?: number | undefined;
}

/** The retry options where none are given. */
export const defaultRetryOptions = { maxAttempts: 3, baseDelayMs: 500, maxDelayMs: 60_000 } as const;

/** The retry options, each with a value. */
export type RetryPolicy = { readonly [Name in keyof typeof defaultRetryOptions]: number };

/**
 * Fills in the defaults; `false` is one attempt.
 * @throws TypeError for a value that is no number in its range
 */
export function resolveRetryOptions(options: RetryOptions | false = {}): RetryPolicy {
  if (options === false) return { ...defaultRetryOptions, maxAttempts: 1 };
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`retry: expected an object or false, got ${options === null ? 'null' : typeof options}`);
  }
  const resolved: Record<string, number> = {};
  for (const [name, fallback] of Object.entries(defaultRetryOptions)) {
    const value = options[name as keyof RetryPolicy] ?? fallback;
    const least = name === 'maxAttempts' ? 1 : 0;
    if (typeof value !== 'number' || !(value >= least)) {
      throw new TypeError(`retry.${name}: expected a number of at least ${least}, got ${String(value)}`);
    }
    resolved[name] = value;
  }
  return resolved as RetryPolicy;
}
