import type { HttpStreamError } from '@gemini/http-streaming';
import { GeminiError } from './errors.ts';
import { parseGoogleRpcError } from './google-rpc-error.ts';

/** Whatever broke a request, as this layer's error. Our own errors stay the same objects, with their stacks. */
export function failureOf(cause: unknown, apiKey: string | undefined): GeminiError {
  if (cause instanceof GeminiError) return cause;
  if (isHttpStreamError(cause)) {
    const { status: httpStatus, retryAfterMs, bodyExcerpt, code, message } = cause;
    if (code === 'aborted') return new GeminiError('stopped', 'the stream was stopped', { cause });
    const context = { httpStatus, retryAfterMs, apiKey, cause };
    const said = bodyExcerpt === undefined ? undefined : parseGoogleRpcError(bodyExcerpt, context);
    return said ?? new GeminiError(code, message, { status: httpStatus, retryAfterMs, cause });
  }
  // Nothing that a server or a network does comes here: it is not tried again.
  return new GeminiError('internal-error', cause instanceof Error ? cause.message : String(cause), { cause });
}

// By name, so that another copy of the package is recognised too.
function isHttpStreamError(value: unknown): value is HttpStreamError {
  return value instanceof Error && value.name === 'HttpStreamError';
}
