import type { GeminiError } from '../errors.ts';
import type { GeminiErrorCode } from '../types.ts';

const silences: ReadonlySet<GeminiErrorCode> = new Set([
  'headers-timeout',
  'idle-timeout',
  'content-idle-timeout',
  'first-content-timeout',
]);

/** Whether an error says nothing but that no bytes or no content came in time. */
export function isSilence(error: GeminiError | undefined): boolean {
  return error !== undefined && silences.has(error.code);
}

/**
 * Whether another model may answer the request that ended so: the model is overloaded, its quota is used up, it was
 * silent, or it does not exist. A request that the API refuses for any other reason (400, 401, 403, 404) is refused for
 * every model.
 */
export function mayAnotherModelAnswer(error: GeminiError | undefined): boolean {
  // The body ended by itself before the answer did.
  if (error === undefined) return true;
  return error.retryable || isSilence(error) || error.status === 429 || isUnknownModel(error);
}

/** A 404 may also speak of a path, a file or a cache that does not exist. */
function isUnknownModel({ code, status, reason, message }: GeminiError): boolean {
  if (code !== 'api-error' || status !== 404) return false;
  return reason === 'model_not_found' || /\bmodels?\b/i.test(message);
}
