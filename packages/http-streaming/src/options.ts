import type { Dispatcher } from 'undici';
import type { HttpStreamError, HttpStreamErrorCode } from './errors.ts';
import type { ResponseInfo } from './types.ts';

/** Limits of one event stream. Times are in milliseconds; `Infinity` turns a limit off. */
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
   * Without an event while we read, whatever else comes: keep-alive comments do not count, the bytes of an event that is
   * still arriving do. Past it: `content-idle-timeout`.
   * @defaultValue 600 000
   */
  readonly contentIdleTimeoutMs?: number | undefined;
  /**
   * From the call to the end of the stream, all attempts and pauses included. Past it: `total-timeout`.
   * @defaultValue Infinity
   */
  readonly totalTimeoutMs?: number | undefined;
  /**
   * The stream is not read: neither `consume` nor an iterator was started, or it stays paused. Past it: `abandoned`.
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
   * Redirects followed within one attempt, and only within the origin; `0` follows none. Past it: `too-many-redirects`.
   * @defaultValue 5
   */
  readonly maxRedirects?: number | undefined;
  /**
   * Other attempts, as long as no event was delivered. `false` makes one attempt.
   * @defaultValue three attempts, see `defaultRetryPolicy`
   */
  readonly retry?: EventStreamRetryOptions | false | undefined;
  /** Called before each wait for another attempt. */
  readonly onRetry?: ((info: RetryInfo) => void) | undefined;
  /**
   * Called with the head of each response, except of a redirect that is followed, before its body is read. If it returns
   * `'bytes'`, the response is not judged: whatever its status and type, the stream opens, and its decoded body goes to
   * the `bytes` of the consumer. `'events'` reads the body of a success as an event stream, whatever its type.
   */
  readonly onResponse?: ((response: ResponseInfo) => 'bytes' | 'events' | undefined) | undefined;
}

/** The default limits. */
export const defaultEventStreamOptions = {
  connectTimeoutMs: 10_000,
  headersTimeoutMs: 300_000,
  idleTimeoutMs: 120_000,
  contentIdleTimeoutMs: 600_000,
  totalTimeoutMs: Infinity,
  unreadTimeoutMs: 30_000,
  maxEventBytes: 32 * 1024 * 1024,
  maxBufferedBytes: 256 * 1024,
  maxRedirects: 5,
} as const;

/** How often a failed request is sent again, and after what waits. `Infinity` turns a limit off. */
export interface RetryOptions {
  /**
   * The first attempt counts too.
   * @defaultValue 3. Past it, the last failure is the end.
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
}

/** The retry options of the transport, which lets a caller judge. */
export interface EventStreamRetryOptions extends RetryOptions {
  /**
   * Judges a failure in the place of the built-in rules; `undefined` leaves it to them. Not called after an event was
   * delivered, after `maxAttempts`, nor if the caller ended the stream.
   */
  readonly decide?: ((failure: RetryFailure) => RetryDecision | undefined) | undefined;
}

/** The facts of a failed attempt, for `retry.decide`. */
export interface RetryFailure {
  readonly code: HttpStreamErrorCode;
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly bodyExcerpt?: string | undefined;
  /** More of the body: up to 1 MiB. */
  readonly bodyText?: string | undefined;
  /** The wait that the server asked for with `Retry-After`. */
  readonly retryAfterMs?: number | undefined;
  /** Whether the rules would send the request again. */
  readonly transient: boolean;
  /** 1 for the first. */
  readonly attempt: number;
}

/** The answer of `retry.decide`. */
export interface RetryDecision {
  readonly retry: boolean;
  /** Wait at least this long. More than `maxDelayMs` means no retry. */
  readonly minDelayMs?: number | undefined;
}

/** Another attempt follows. */
export interface RetryInfo {
  /** The attempt that failed; 1 for the first. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: HttpStreamError;
}

/** The retry options, each with a value. */
export type RetryPolicy = { readonly [Name in keyof RetryOptions]-?: number };

/** Three attempts, at most 0.5 s and 1 s apart unless the server asks for more. */
export const defaultRetryPolicy: RetryPolicy = { maxAttempts: 3, baseDelayMs: 500, maxDelayMs: 60_000 };

const leastOfPolicy = { maxAttempts: 1, baseDelayMs: 0, maxDelayMs: 0 } as const;

/**
 * Fills in the defaults of the retry options; `false` makes one attempt.
 * @throws TypeError for an unknown option and for a value out of its range
 */
export function resolveRetryOptions(options: RetryOptions | false = {}): RetryPolicy {
  if (options === false) return { ...defaultRetryPolicy, maxAttempts: 1 };
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`retry: expected an object or false, got ${options === null ? 'null' : typeof options}`);
  }
  refuseUnknown('retry.', options, Object.keys(defaultRetryPolicy));
  return resolveNumbers('retry.', options, defaultRetryPolicy, leastOfPolicy);
}

type Limits = { readonly [Name in keyof typeof defaultEventStreamOptions]: number };

/** The options of one stream, each with a value. */
export interface ResolvedEventStreamOptions extends Limits {
  readonly retry: RetryPolicy;
  readonly decide: EventStreamRetryOptions['decide'];
  readonly onRetry: EventStreamOptions['onRetry'];
  readonly onResponse: EventStreamOptions['onResponse'];
}

const optionNames = [...Object.keys(defaultEventStreamOptions), 'dispatcher', 'retry', 'onRetry', 'onResponse'];
const retryNames = [...Object.keys(defaultRetryPolicy), 'decide'];
const leastOfLimits: Partial<Limits> = { maxRedirects: 0 };

const noOptions: EventStreamOptions = Object.freeze({});
const resolvedBefore = new WeakMap<EventStreamOptions, ResolvedEventStreamOptions>();

/**
 * Fills in the defaults. Streams without options share theirs, and so do those with the same frozen ones.
 * @throws TypeError for an unknown option, for a limit that is not above 0, and for an invalid dispatcher or callback
 */
export function resolveEventStreamOptions(options: EventStreamOptions = noOptions): ResolvedEventStreamOptions {
  if (!isFixed(options)) return resolve(options);
  let resolved = resolvedBefore.get(options);
  if (resolved === undefined) resolvedBefore.set(options, (resolved = resolve(options)));
  return resolved;
}

// Options that may change are read again each time.
function isFixed(options: EventStreamOptions): boolean {
  return Object.isFrozen(options) && (typeof options.retry !== 'object' || Object.isFrozen(options.retry));
}

function resolve(options: EventStreamOptions): ResolvedEventStreamOptions {
  const { retry, onRetry, onResponse, dispatcher } = options;
  refuseUnknown('', options, optionNames);
  if (dispatcher !== undefined && typeof dispatcher?.dispatch !== 'function') {
    throw new TypeError(`dispatcher: expected a Dispatcher of undici 7 or 8, got ${typeof dispatcher}`);
  }
  const isGiven = typeof retry === 'object' && retry !== null;
  const { decide, ...policy } = isGiven ? retry : { decide: undefined };
  if (isGiven) refuseUnknown('retry.', policy, retryNames);
  checkCallback('retry.decide', decide);
  checkCallback('onRetry', onRetry);
  checkCallback('onResponse', onResponse);
  return {
    ...resolveNumbers('', options, defaultEventStreamOptions, leastOfLimits),
    retry: isGiven ? resolveRetryOptions(policy) : resolveRetryOptions(retry),
    decide,
    onRetry,
    onResponse,
  };
}

/** Every number has to be above 0, or at least what `least` says. */
function resolveNumbers<Name extends string>(
  prefix: string,
  given: object,
  defaults: { readonly [Key in Name]: number },
  least: { readonly [Key in Name]?: number | undefined },
): { readonly [Key in Name]: number } {
  const resolved: { [Key in Name]: number } = { ...defaults };
  for (const name of Object.keys(defaults) as Name[]) {
    const value: unknown = (given as { readonly [Key in Name]?: unknown })[name] ?? defaults[name];
    const from = least[name];
    if (typeof value === 'number' && (from === undefined ? value > 0 : value >= from)) resolved[name] = value;
    else {
      const range = from === undefined ? 'above 0 (Infinity turns it off)' : `of at least ${from}`;
      throw new TypeError(`${prefix}${name}: expected a number ${range}, got ${String(value)}`);
    }
  }
  return resolved;
}

function checkCallback(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') {
    throw new TypeError(`${name}: expected a function, got ${typeof value}`);
  }
}

/**
 * Checks the names of options. `prefix` is the path to them, with a dot at its end.
 * @throws TypeError for an unknown name, with the nearest known one
 */
export function refuseUnknown(prefix: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const near = known.find((each) => isNear(each.toLowerCase(), name.toLowerCase()));
    const hint = near === undefined ? `expected one of ${known.join(', ')}` : `did you mean ${prefix}${near}?`;
    throw new TypeError(`${prefix}${name}: unknown option, ${hint}`);
  }
}

/** Whether two names differ in a unit at the end, or in at most two letters (Levenshtein distance). */
function isNear(known: string, given: string): boolean {
  if (known === `${given}ms` || known === `${given}bytes`) return true;
  let row = Array.from({ length: known.length + 1 }, (_, index) => index);
  for (let at = 1; at <= given.length; at += 1) {
    const next = [at];
    for (let index = 1; index <= known.length; index += 1) {
      const replaced = (row[index - 1] ?? 0) + (known[index - 1] === given[at - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[index] ?? 0) + 1, (next[index - 1] ?? 0) + 1));
    }
    row = next;
  }
  return (row[known.length] ?? 0) <= 2;
}
