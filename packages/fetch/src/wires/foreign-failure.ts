import { isRecord, parseGoogleRpcError } from '@gemini/client/wire';
import { isTransientStatus } from '@gemini/http-streaming';
import { isErrorStatus } from './gemini-failure.ts';
import { parseJson, type WireFailure } from './wire.ts';

/** The HTTP statuses of the types of errors that OpenAI and Anthropic name. */
const statusOfType: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  insufficient_quota: 429,
  rate_limit_exceeded: 429,
  api_error: 500,
  server_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/** Returns the error that a JSON text is in the wire of OpenAI or Anthropic; `undefined` for any other text. */
export function foreignFailure(text: string): WireFailure | undefined {
  const payload = parseJson(text);
  const unwrapped: unknown = Array.isArray(payload) ? payload[0] : payload;
  if (!isRecord(unwrapped)) return undefined;
  const { error } = unwrapped;
  if (!isRecord(error) && typeof error !== 'string') return undefined;
  const google = parseGoogleRpcError(text);
  const names = isRecord(error) ? [error['code'], error['type'], error['status']] : [];
  const number = names.map((name) => (typeof name === 'string' ? Number(name) : name)).find(isErrorStatus);
  const named = names.map((name) => statusOfType[String(name)]).find((status) => status !== undefined);
  const found = number ?? named ?? google?.status;
  const status = isErrorStatus(found) ? found : 500;
  const data = Array.isArray(payload) ? JSON.stringify(unwrapped) : text.trim().replaceAll('\n', ' ');
  const isTransient = isTransientStatus(status) || status === 529;
  return { event: { data }, status, retryAfterMs: google?.retryAfterMs, isTransient };
}

/** The facts of an error event whose data says nothing. */
export const unknownFailure = { status: 500, isTransient: false } as const;
