import type { HttpStreamError } from '@gemini/http-streaming';
import { GeminiError } from './errors.ts';
import { parseGoogleRpcError } from './google-rpc-error.ts';
import type { GenerateContentResponse } from './wire.ts';

/** What a failure happened to. */
export interface FailureContext {
  readonly apiKey: string | undefined;
  readonly partial: GenerateContentResponse;
}

/** Whatever broke a stream, as this layer's error, with what had come. */
export function failureOf(cause: unknown, { apiKey, partial }: FailureContext): GeminiError {
  if (cause instanceof GeminiError) return withPartial(cause, partial);
  if (isHttpStreamError(cause)) {
    const { status: httpStatus, bodyExcerpt, code, message } = cause;
    if (code === 'aborted') return new GeminiError('stopped', 'the stream was stopped', { partial, cause });
    const said =
      bodyExcerpt === undefined ? undefined : parseGoogleRpcError(bodyExcerpt, { httpStatus, apiKey, cause });
    if (said !== undefined) return withPartial(said, partial);
    return new GeminiError(code, message, { status: httpStatus, partial, cause });
  }
  if (cause instanceof Error) return new GeminiError('connect-failed', cause.message, { partial, cause });
  return new GeminiError('connect-failed', String(cause), { partial, cause });
}

/** The error that a body holds which is not an event stream's text: raw JSON in the middle of a stream, HTML. */
export function foreignError(
  text: string,
  apiKey: string | undefined,
  partial: GenerateContentResponse,
): GeminiError | undefined {
  const said = parseGoogleRpcError(text, { apiKey });
  return said === undefined ? undefined : withPartial(said, partial);
}

function withPartial(error: GeminiError, partial: GenerateContentResponse): GeminiError {
  const { message, status, reason, details, retryAfterMs, cause } = error;
  return new GeminiError(error.code, message, { status, reason, details, retryAfterMs, partial, cause });
}

// By name, so that another copy of the package is recognised too.
function isHttpStreamError(value: unknown): value is HttpStreamError {
  return value instanceof Error && value.name === 'HttpStreamError';
}
