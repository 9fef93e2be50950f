import type { Dispatcher } from 'undici';
import type { HttpStreamError, HttpStreamErrorCode } from './errors.ts';

/** Limits of one event stream. Times are in milliseconds; `0` turns a time limit off. */
export interface EventStreamOptions {
  /**
   * A Dispatcher of undici 7 or 8 that carries the request. Another one is refused with `invalid-dispatcher`.
   * @defaultValue one agent shared by all streams, which follows HTTP_PROXY, HTTPS_PROXY and NO_PROXY but never for
   * loopback addresses
   */
  readonly dispatcher?: Dispatcher | undefined;
  /**
   * From the start of an attempt until a connection is there. Past it: `connect-timeout`.
   * @defaultValue 10 000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * From the sent request until the response headers: models think before the first byte. Past it: `headers-timeout`.
   * @defaultValue 300 000
   */
  readonly headersTimeoutMs?: number | undefined;
  /**
   * Without a byte while we read; a paused reader does not age. Past it: `idle-timeout`.
   * @defaultValue 120 000
   */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * Without an event while we read, whatever else comes: keep-alive comments do not count. Past it:
   * `content-idle-timeout`.
   * @defaultValue 0
   */
  readonly contentIdleTimeoutMs?: number | undefined;
  /**
   * From the call to the end of the stream, all attempts and pauses included. Past it: `total-timeout`.
   * @defaultValue 0
   */
  readonly totalTimeoutMs?: number | undefined;
  /**
   * Nobody reads the stream: neither `consume` nor an iterator was started, or it stays paused. Past it: `abandoned`.
   * @defaultValue 30 000
   */
  readonly unreadTimeoutMs?: number | undefined;
  /**
   * The largest single event. Past it: the parser's `event-too-large`, as the cause of `invalid-body`.
   * @defaultValue 33 554 432 (32 MiB)
   */
  readonly maxEventBytes?: number | undefined;
  /**
   * The most that an iteration holds of events that its loop has not taken yet: two bytes for each character of data,
   * event name and id, and 128 for each event. Past it, the socket is not read until the loop has caught up.
   * @defaultValue 262 144 (256 KiB)
   */
  readonly maxBufferedBytes?: number | undefined;
  /**
   * Redirects followed within one attempt, and only within the origin. Past it: `too-many-redirects`.
   * @defaultValue 5
   */
  readonly maxRedirects?: number | undefined;
  /**
   * Other attempts, as long as no event was delivered. `false` makes one attempt.
   * @defaultValue three attempts, see `defaultRetryPolicy`
   */
  readonly retry?: RetryOptions | false | undefined;
  /** Told before each wait for another attempt. */
  readonly onRetry?: ((info: RetryInfo) => void) | undefined;
}

/** The limits that hold where a caller names none. */
export const defaultEventStreamOptions = {
  connectTimeoutMs: 10_000,
  headersTimeoutMs: 300_000,
  idleTimeoutMs: 120_000,
  contentIdleTimeoutMs: 0,
  totalTimeoutMs: 0,
  unreadTimeoutMs: 30_000,
  maxEventBytes: 32 * 1024 * 1024,
  maxBufferedBytes: 256 * 1024,
  maxRedirects: 5,
} as const;

type Limits = { readonly [Name in keyof typeof defaultEventStreamOptions]: number };

/** The limits of one stream, each with a value, and what becomes of a failure. */
export interface ResolvedEventStreamOptions extends Limits {
  readonly retry: RetryPolicy;
  readonly decide: RetryOptions['decide'];
  readonly onRetry: EventStreamOptions['onRetry'];
}

const noOptions: EventStreamOptions = Object.freeze({});
const resolvedBefore = new WeakMap<EventStreamOptions, ResolvedEventStreamOptions>();

/**
 * Fills in the defaults. Streams without options share theirs, and so do those with the same frozen ones.
 * @throws TypeError for a limit that is not a number of at least 0, and for a dispatcher or callback that is none
 */
export function resolveEventStreamOptions(options: EventStreamOptions = noOptions): ResolvedEventStreamOptions {
  if (!isFixed(options)) return resolve(options);
  let resolved = resolvedBefore.get(options);
  if (resolved === undefined) resolvedBefore.set(options, (resolved = resolve(options)));
  return resolved;
}

// Options that may change are read anew each time.
function isFixed(options: EventStreamOptions): boolean {
  return Object.isFrozen(options) && (typeof options.retry !== 'object' || Object.isFrozen(options.retry));
}

function resolve(options: EventStreamOptions): ResolvedEventStreamOptions {
  const { retry, onRetry, dispatcher } = options;
  if (dispatcher !== undefined && typeof dispatcher.dispatch !== 'function') {
    throw new TypeError(`dispatcher: expected a Dispatcher of undici 7 or 8, got ${typeof dispatcher}`);
  }
  if (retry !== undefined && retry !== false && (typeof retry !== 'object' || retry === null)) {
    throw new TypeError(`retry: expected options or false, got ${String(retry)}`);
  }
  const { decide, ...policy } = retry === false ? { decide: undefined, maxAttempts: 1 } : (retry ?? {});
  checkCallback('retry.decide', decide);
  checkCallback('onRetry', onRetry);
  return {
    ...withNumbers('', options, defaultEventStreamOptions),
    retry: retry === undefined ? defaultRetryPolicy : withNumbers('retry.', policy, defaultRetryPolicy),
    decide,
    onRetry,
  };
}

function withNumbers<Name extends string>(
  prefix: string,
  given: object,
  defaults: { readonly [Key in Name]: number },
): { readonly [Key in Name]: number } {
  const resolved: { [Key in Name]: number } = { ...defaults };
  for (const name of Object.keys(defaults) as Name[]) {
    const value: unknown = (given as { readonly [Key in Name]?: unknown })[name] ?? defaults[name];
    if (typeof value !== 'number' || !(value >= 0)) {
      throw new TypeError(`${prefix}${name}: expected a number of at least 0, got ${String(value)}`);
    }
    resolved[name] = value;
  }
  return resolved;
}

function checkCallback(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') {
    throw new TypeError(`${name}: expected a function, got ${typeof value}`);
  }
}

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
