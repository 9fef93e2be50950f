import { defaultRetryPolicy, type RetryPolicy } from '@gemini/http-streaming';

/** How often, and after what waits, one stream may be asked for. */
export interface RetryOptions {
  /**
   * Requests for one stream, whatever they are repeated for. An answer that the server itself hands over to another
   * request does not count while it goes on.
   * @defaultValue 3. Past it the stream ends with what there is.
   */
  readonly maxAttempts?: number | undefined;
  /**
   * The most that the first wait may take beside what the server asks for; it doubles with each attempt.
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
export const defaultRetryOptions: RetryPolicy = defaultRetryPolicy;

/**
 * Fills in the defaults; `false` is one attempt.
 * @throws TypeError for a value that is no number in its range
 */
export function resolveRetryOptions(options: RetryOptions | false = {}): RetryPolicy {
  if (options === false) return { ...defaultRetryOptions, maxAttempts: 1 };
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`retry: expected an object or false, got ${options === null ? 'null' : typeof options}`);
  }
  const valueOf = (name: keyof RetryPolicy, least: number): number => {
    const value = options[name] ?? defaultRetryOptions[name];
    if (typeof value === 'number' && value >= least) return value;
    throw new TypeError(`retry.${name}: expected a number of at least ${least}, got ${String(value)}`);
  };
  return {
    maxAttempts: valueOf('maxAttempts', 1),
    baseDelayMs: valueOf('baseDelayMs', 0),
    maxDelayMs: valueOf('maxDelayMs', 0),
  };
}
