import type { HttpStreamError, HttpStreamErrorCode } from '../errors.ts';

/** What is known of a failed attempt, for `retry.decide`. */
export interface RetryFailure {
  readonly code: HttpStreamErrorCode;
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly bodyExcerpt?: string | undefined;
  /** What the server asked for with `Retry-After`. */
  readonly retryAfterMs?: number | undefined;
  /** 1 for the first. */
  readonly attempt: number;
}

/** The answer of `retry.decide`. */
export interface RetryDecision {
  readonly retry: boolean;
  /** Wait at least this long. More than `maxDelayMs` is no retry. */
  readonly minDelayMs?: number | undefined;
}

/** Another attempt follows. */
export interface RetryInfo {
  /** The attempt that failed; 1 for the first. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: HttpStreamError;
}

/** How a failed attempt is followed by another. Each is a field of `RetryPolicy`, with the policy's default. */
export interface RetryOptions {
  /**
   * The first attempt counts too.
   * @defaultValue 3
   */
  readonly maxAttempts?: number | undefined;
  /**
   * The most that the first wait may take, before what the server asks for; it doubles with each attempt.
   * @defaultValue 500
   */
  readonly baseDelayMs?: number | undefined;
  /**
   * The longest wait. A server that asks for a longer one with `Retry-After` is not asked again sooner: the stream
   * fails, and the error has its `retryAfterMs`.
   * @defaultValue 60 000
   */
  readonly maxDelayMs?: number | undefined;
  /**
   * Judges a failure in the place of the built-in rules; `undefined` leaves it to them. Not asked after an event was
   * delivered, after `maxAttempts`, nor when the caller ended the stream.
   */
  readonly decide?: ((failure: RetryFailure) => RetryDecision | undefined) | undefined;
}
