import { type GeminiError, isRecord } from '@gemini/client/wire';
import { parseJson, type WireFailure } from './wire.ts';

/** The `google.rpc.Code` names of HTTP statuses. */
const nameOfStatus: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/**
 * Returns an error of Gemini in the one form that every SDK reads: `{"error": {…}}` with a number as its code, a message
 * and a status. `text` stays as it came if it has that form.
 */
export function geminiFailure(error: GeminiError, text: string, httpStatus?: number): WireFailure {
  const status = isErrorStatus(error.status) ? error.status : (httpStatus ?? 500);
  const { retryAfterMs, retryable: isTransient } = error;
  const payload = parseJson(text);
  const unwrapped: unknown = Array.isArray(payload) ? payload[0] : payload;
  const fields = fieldsOf(unwrapped);
  const { code, message, status: name } = fields;
  const isWrapped = isRecord(payload) && isRecord(payload['error']);
  const isReadable = isWrapped && isErrorStatus(code) && typeof message === 'string' && typeof name === 'string';
  if (isReadable && !text.includes('\n')) return { event: { data: text }, status, retryAfterMs, isTransient };
  const mended = {
    ...fields,
    code: isErrorStatus(code) ? code : status,
    message: typeof message === 'string' ? message : error.message,
    status: typeof name === 'string' ? name : (error.reason ?? nameOfStatus[status] ?? 'UNKNOWN'),
    ...(error.details.length === 0 ? {} : { details: error.details }),
  };
  return { event: { data: JSON.stringify({ error: mended }) }, status, retryAfterMs, isTransient };
}

/** Returns the fields of an error, whether it is wrapped or bare. */
function fieldsOf(payload: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(payload)) return {};
  if (isRecord(payload['error'])) return payload['error'];
  return typeof payload['message'] === 'string' ? payload : {};
}

/** Whether a code is a number that an SDK takes for the status of an error. */
export function isErrorStatus(code: unknown): code is number {
  return typeof code === 'number' && code >= 400 && code < 600;
}
