import { type HttpStreamError, isTransientStatus } from '@gemini/http-streaming';
import { GeminiError, type QuotaViolation } from '../errors.ts';
import { presentText } from './absent.ts';
import { isRecord } from './guard.ts';
import { redactKey, redactKeyIn } from './redact.ts';

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
  // The Interactions API:
  invalid_request: 400,
  failed_precondition: 400,
  parameter_unknown: 400,
  authentication: 401,
  payment_required: 402,
  permission_denied: 403,
  not_found: 404,
  rate_limit_exceeded: 429,
  quota_exceeded: 429,
  api_error: 500,
  service_unavailable: 503,
  gateway_timeout: 504,
};

/** The surroundings of an error that the server sent. */
interface GoogleRpcErrorContext {
  /** The HTTP status, if the error is the response's body. */
  readonly httpStatus?: number | undefined;
  /** The wait that the response's headers ask for. */
  readonly retryAfterMs?: number | undefined;
  /** Redacted in the message and the details: servers repeat it. */
  readonly apiKey?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Reads a `google.rpc.Status` in any of the forms in which servers send it: `{"error": {…}}`, the same inside an array,
 * with or without `code`, bare, or as a text: `{"error": "…"}`, `{"detail": "…"}`, `{"message": "…"}`. Returns `undefined`
 * for any other value.
 */
export function googleRpcError(value: unknown, context: GoogleRpcErrorContext = {}): GeminiError | undefined {
  const wrapped = Array.isArray(value) ? (value as unknown[])[0] : value;
  if (!isRecord(wrapped) || 'candidates' in wrapped) return undefined;
  const error = statusOf(wrapped);
  if (error === undefined) return undefined;

  const { code, message, status: reason, details } = error;
  // The Interactions API has names as codes.
  const named = presentText(reason) ?? (httpStatus(code) === undefined ? presentText(code) : undefined);
  const name = named === undefined ? undefined : redactKey(named, context.apiKey);
  const status = httpStatus(code) ?? httpStatusOf[name ?? ''] ?? context.httpStatus;
  const said = presentText(message) ?? 'the server gave no message';
  const detailList = Array.isArray(details) ? redactKeyIn(details, context.apiKey) : [];
  const label = [status, name].filter((part) => part !== undefined).join(' ');
  const quotaViolations = quotaViolationsOf(detailList);
  // A quota of the day stays used up, and a quota of 0 was never there.
  const isSpent = quotaViolations.some(
    ({ quotaId = '', quotaValue }) => /PerDay/.test(quotaId) || Number(quotaValue ?? Number.NaN) === 0,
  );
  return new GeminiError('api-error', redactKey(label === '' ? said : `${label}: ${said}`, context.apiKey), {
    status,
    reason: name,
    details: detailList,
    quotaViolations,
    retryable: isTransientStatus(status) && !isSpent && name !== 'quota_exceeded',
    retryAfterMs: longer(retryInfoMs(detailList) ?? askedInMessageMs(said), context.retryAfterMs),
    cause: context.cause,
  });
}

/** Returns the fields of an error, in whatever form they came. */
function statusOf(value: Record<string, unknown>): Record<string, unknown> | undefined {
  const { error, message, detail, code, status } = value;
  if (isRecord(error)) return error;
  if (typeof error === 'string') return { code, status, message: error || message };
  const text = presentText(message) ?? presentText(detail);
  // An event of another API may have a message of its own; a list of details is the form of a validation error.
  const isBare = text !== undefined && Object.keys(value).every((name) => bareFields.has(name));
  if (isBare) return { ...value, message: text };
  return Array.isArray(detail) ? { message: JSON.stringify(detail).slice(0, maxDetailLength) } : undefined;
}

/** The fields of a bare error. */
const bareFields: ReadonlySet<string> = new Set(['code', 'status', 'message', 'detail', 'details', 'type', 'error']);

/** The longest list of validation errors in a message, in characters. */
const maxDetailLength = 1_000;

function httpStatus(code: unknown): number | undefined {
  const number = typeof code === 'string' && /^\d{3}$/.test(code) ? Number(code) : code;
  return typeof number === 'number' ? number : undefined;
}

/** Returns the error of an event that is named `error`, whose data may be any text. */
export function eventError(data: string, context: GoogleRpcErrorContext): GeminiError {
  return (
    parseGoogleRpcError(data, context) ??
    new GeminiError(
      'api-error',
      redactKey(data.slice(0, maxDetailLength) || 'the server sent an error event', context.apiKey),
    )
  );
}

/** Reads a `google.rpc.Status` from a text that may be JSON. */
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

/** Returns the violations of every `QuotaFailure` in the details of a status. */
function quotaViolationsOf(details: readonly unknown[]): QuotaViolation[] {
  return details.flatMap((detail) => {
    const violations = isRecord(detail) ? detail['violations'] : undefined;
    return Array.isArray(violations) ? violations.filter((item): item is QuotaViolation => isRecord(item)) : [];
  });
}

/** Returns the wait that `google.rpc.RetryInfo` asks for, in milliseconds; `undefined` without a `RetryInfo`. */
function retryInfoMs(details: readonly unknown[]): number | undefined {
  for (const detail of details) {
    const delay = isRecord(detail) ? detail['retryDelay'] : undefined;
    if (typeof delay !== 'string') continue;
    // A protobuf Duration in JSON: decimal seconds and an `s`.
    const seconds = /^(\d+(?:\.\d+)?)s$/.exec(delay)?.[1];
    if (seconds !== undefined) return Math.ceil(Number(seconds) * 1_000);
  }
  return undefined;
}

/** Returns the wait in a message such as `Please retry in 58.9s.`, in milliseconds. */
function askedInMessageMs(message: string): number | undefined {
  const [, amount, unit] = /\bretry in (\d+(?:\.\d+)?) ?(ms|s)\b/i.exec(message) ?? [];
  return amount === undefined ? undefined : Math.ceil(Number(amount) * (unit?.toLowerCase() === 'ms' ? 1 : 1_000));
}

/** Converts anything that broke a request to an error of this layer. A GeminiError stays the same object. */
export function failureOf(cause: unknown, apiKey: string | undefined): GeminiError {
  if (cause instanceof GeminiError) return cause;
  if (isHttpStreamError(cause)) {
    const { status, retryAfterMs, bodyText, code, message, transient } = cause;
    if (code === 'aborted') return new GeminiError('stopped', 'the stream was stopped', { cause });
    const context = { httpStatus: status, retryAfterMs, apiKey, cause };
    // Of another copy of the transport, which may be older.
    const body = bodyText ?? cause.bodyExcerpt;
    const said = body === undefined ? undefined : parseGoogleRpcError(body, context);
    return said ?? new GeminiError(code, message, { status, retryAfterMs, retryable: transient, cause });
  }
  // Not caused by a server or a network, so it is not retried.
  return new GeminiError('internal-error', cause instanceof Error ? cause.message : String(cause), { cause });
}

// By name, so that an error of another copy of the package is recognised too.
function isHttpStreamError(value: unknown): value is HttpStreamError {
  return value instanceof Error && value.name === 'HttpStreamError';
}
