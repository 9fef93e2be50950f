import { GeminiError, googleRpcError } from '@gemini/client/wire';
import { type HttpStreamError, parseRetryAfter, type ResponseInfo } from '@gemini/http-streaming';
import { hostHeaders, hostResponse } from './host-response.ts';
import { geminiFailure } from './wires/gemini-failure.ts';
import { GeminiWire } from './wires/gemini-wire.ts';
import { parseJson, type Wire, type WireFailure } from './wires/wire.ts';

/** The most of a body in the message of an error that is made here, in UTF-16 units. */
const maxExcerptLength = 1_000;

/** The facts that a refusal is made of. */
export interface Refusal {
  readonly info: ResponseInfo;
  readonly wire: Wire;
  /** The longest wait after which an SDK should ask again. */
  readonly maxDelayMs: number;
}

/**
 * Returns the `Response` for a status that is an error: status, headers and the whole body, so that the SDK makes its own
 * error of it. A body of Gemini becomes one error object, whatever came: an array, a page, or a half of it.
 */
export function refusedResponse({ status, bodyText = '' }: HttpStreamError, refusal: Refusal): Response {
  const { info, wire } = refusal;
  const payload = parseJson(bodyText);
  const google = googleRpcError(payload, { httpStatus: status });
  const headers = hostHeaders(info);
  let body = bodyText;
  if (wire instanceof GeminiWire) {
    const error = google ?? new GeminiError('api-error', describe(status, bodyText), { status });
    body = geminiFailure(error, bodyText, status).event.data;
    headers.set('content-type', 'application/json; charset=UTF-8');
  } else if (google !== undefined && Array.isArray(payload)) body = JSON.stringify(payload[0]);
  askToWait(headers, google?.retryAfterMs, refusal.maxDelayMs);
  return hostResponse(body, info, { headers });
}

/** Returns the `Response` for an error that came with status 200 and as JSON, before anything else: with its own status. */
export function failedResponse({ event, status, retryAfterMs }: WireFailure, refusal: Refusal): Response {
  const headers = hostHeaders(refusal.info);
  headers.set('content-type', 'application/json; charset=UTF-8');
  askToWait(headers, retryAfterMs, refusal.maxDelayMs);
  return hostResponse(event.data, refusal.info, { headers, status });
}

/**
 * Writes the wait that the body asks for where SDKs look for it. A wait that is too long is not to be waited for: without
 * the header, one SDK sleeps a whole day.
 */
function askToWait(headers: Headers, askedMs: number | undefined, maxDelayMs: number): void {
  const givenMs = parseRetryAfter(headers.get('retry-after') ?? undefined, Date.now());
  if (askedMs !== undefined && askedMs > (givenMs ?? 0)) headers.set('retry-after', `${Math.ceil(askedMs / 1_000)}`);
  if (Math.max(askedMs ?? 0, givenMs ?? 0) > maxDelayMs) headers.set('x-should-retry', 'false');
}

function describe(status: number | undefined, bodyText: string): string {
  const excerpt = bodyText.trim().slice(0, maxExcerptLength);
  return excerpt === '' ? `the server answered ${status}` : `the server answered ${status}: ${excerpt}`;
}
