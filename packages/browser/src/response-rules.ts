import { StreamFollowError } from './errors.ts';
import type { StreamFollowErrorCode } from './types.ts';

/** The meaning of an answer. */
export type ResponseVerdict =
  | { readonly type: 'follow' | 'over' }
  /** The stream is at another address, which is followed by GET. */
  | { readonly type: 'moved'; readonly url: string }
  /** The request is sent again after a wait. */
  | { readonly type: 'dropped'; readonly error: StreamFollowError }
  /** The request is not sent again. */
  | { readonly type: 'refused'; readonly error: StreamFollowError };

const codes: Readonly<Record<number, StreamFollowErrorCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'stream-not-found',
  410: 'history-lost',
};

/**
 * Judges an answer by its status, type and headers. `nowMs` is needed for a `Retry-After` that is a date. `origin` is that
 * of the request if the answer may name the stream's address, which is not known yet.
 */
export function judgeResponse(
  { status, headers, url }: Response,
  nowMs: number,
  origin: string | undefined,
): ResponseVerdict {
  if (status === 204) return { type: 'over' };
  if (status >= 200 && status < 300) {
    if (/^text\/event-stream\b/i.test(headers.get('content-type') ?? '')) return { type: 'follow' };
    const location = status === 201 || status === 202 ? headers.get('location') : null;
    const moved = sameOrigin(location, url, origin);
    if (moved !== undefined) return { type: 'moved', url: moved };
    const error = new StreamFollowError('not-event-stream', 'the answer is not an event stream', { status });
    return { type: 'refused', error };
  }
  const isTransient = status === 408 || status === 429 || status >= 500;
  const retryAfterMs = isTransient ? parseRetryAfter(headers.get('retry-after'), nowMs) : undefined;
  const error = new StreamFollowError(codes[status] ?? 'http-error', `the server answered ${status}`, {
    status,
    retryAfterMs,
  });
  return { type: isTransient ? 'dropped' : 'refused', error };
}

/**
 * Returns an address if it has this origin, that of the request: credentials are not for any other, also not for the one
 * to which the request was redirected.
 */
export function sameOrigin(address: string | null, base: string, origin: string | undefined): string | undefined {
  if (address === null) return undefined;
  try {
    const url = new URL(address, base);
    return url.origin === origin ? url.href : undefined;
  } catch {
    return undefined;
  }
}

function parseRetryAfter(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return ms >= 0 ? ms : undefined;
}
