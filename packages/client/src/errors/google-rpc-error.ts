import { GeminiError } from './errors.ts';
import { quotaViolationsOf, retryInfoMs } from './google-rpc-details.ts';

/** The HTTP status for each `google.rpc.Code` name, for errors that come without a number. */
const httpStatusOf: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ABORTED: 409,
  ALREADY_EXISTS: 409,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  DATA_LOSS: 500,
  INTERNAL: 500,
  UNKNOWN: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/** What surrounds an error that the server sent. */
export interface GoogleRpcErrorContext {
  /** The HTTP status, where the error is the response's body. */
  readonly httpStatus?: number | undefined;
  /** What the response's headers ask for. */
  readonly retryAfterMs?: number | undefined;
  /** Blotted out of the message and the details: servers repeat it. */
  readonly apiKey?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Reads a `google.rpc.Status` in any of the forms in which servers send it: `{"error": {…}}`, the same inside an array,
 * with or without `code`. `undefined` for a value that is none.
 */
export function googleRpcError(value: unknown, context: GoogleRpcErrorContext = {}): GeminiError | undefined {
  const wrapped = Array.isArray(value) ? (value as unknown[])[0] : value;
  if (!isRecord(wrapped)) return undefined;
  const error = wrapped['error'];
  if (!isRecord(error)) return undefined;

  const { code, message, status: reason, details } = error;
  const name = typeof reason === 'string' ? reason : undefined;
  const status = typeof code === 'number' ? code : (httpStatusOf[name ?? ''] ?? context.httpStatus);
  const said = typeof message === 'string' && message !== '' ? message : 'the server gave no message';
  const detailList = Array.isArray(details) ? blotAll(details, context.apiKey) : [];
  const label = [status, name].filter((part) => part !== undefined).join(' ');
  return new GeminiError('api-error', blot(label === '' ? said : `${label}: ${said}`, context.apiKey), {
    status,
    reason: name,
    details: detailList,
    quotaViolations: quotaViolationsOf(detailList),
    retryAfterMs: longer(retryInfoMs(detailList), context.retryAfterMs),
    cause: context.cause,
  });
}

/** The same for a text that may be JSON. */
export function parseGoogleRpcError(text: string, context: GoogleRpcErrorContext = {}): GeminiError | undefined {
  try {
    return googleRpcError(JSON.parse(text), context);
  } catch {
    return undefined;
  }
}

function longer(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined || right === undefined ? (left ?? right) : Math.max(left, right);
}

function blotAll(details: unknown[], apiKey: string | undefined): unknown[] {
  const json = JSON.stringify(details);
  const clean = blot(json, apiKey);
  return clean === json ? details : (JSON.parse(clean) as unknown[]);
}

function blot(text: string, apiKey: string | undefined): string {
  return apiKey === undefined || apiKey === '' ? text : text.replaceAll(apiKey, '[redacted]');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
