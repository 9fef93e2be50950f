import { HttpStreamError } from '@gemini/http-streaming';
import type { StreamingFetchErrorCode } from './types.ts';

/** The facts of a failure. */
export interface StreamingFetchErrorFacts {
  /** The HTTP status, if there is one. */
  readonly status?: number | undefined;
  /** The wait that the server asked for. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/**
 * Every failure of a stream. Recognise it by its `code`. The `name` of a time limit is `TimeoutError`, because SDKs look
 * for it; it is never `AbortError`, on which two of them end in silence. The message has no key and no text of an answer.
 */
export class StreamingFetchError extends Error {
  override readonly name: 'StreamingFetchError' | 'TimeoutError';
  readonly code: StreamingFetchErrorCode;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: StreamingFetchErrorCode, message: string, facts: StreamingFetchErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = code.endsWith('-timeout') ? 'TimeoutError' : 'StreamingFetchError';
    this.code = code;
    this.status = facts.status;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/** Returns an error of the transport as this layer reports it once a `Response` is out. */
export function streamError(cause: unknown): unknown {
  if (!isHttpStreamError(cause)) return cause;
  const { code, message, status, retryAfterMs } = cause;
  const timedOut = code.endsWith('-timeout') ? 'timed out: ' : '';
  return new StreamingFetchError(code, `${timedOut}${message}`, { status, retryAfterMs, cause });
}

/** The codes of a request that never got a response, and that the host's fetch rejects with `fetch failed`. */
const fetchFailures: ReadonlySet<string> = new Set([
  'connect-failed',
  'connect-timeout',
  'connection-lost',
  'invalid-body',
]);

/**
 * Returns what a call rejects with that has no response: `TypeError: fetch failed` for the network, by which SDKs know
 * that the request may be sent again, and the error itself for anything that would only repeat.
 */
export function callError(cause: unknown): unknown {
  if (!isHttpStreamError(cause)) return cause;
  if (cause.code === 'invalid-dispatcher') return new TypeError(`dispatcher: ${cause.message}`, { cause });
  return fetchFailures.has(cause.code)
    ? new TypeError('fetch failed', { cause: streamError(cause) })
    : streamError(cause);
}

/** By name, so that an error of another copy of the transport is recognised too. */
export function isHttpStreamError(value: unknown): value is HttpStreamError {
  return value instanceof HttpStreamError || (value instanceof Error && value.name === 'HttpStreamError');
}
