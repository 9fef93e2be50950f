import { type HttpStreamError, isTransientStatus } from '@gemini/http-streaming';
import { GeminiError, type QuotaViolation } from '../errors.ts';
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
 * with or without `code`. Returns `undefined` for any other value.
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
  const detailList = Array.isArray(details) ? redactKeyIn(details, context.apiKey) : [];
  const label = [status, name].filter((part) => part !== undefined).join(' ');
  const quotaViolations = quotaViolationsOf(detailList);
  // A quota of the day stays used up.
  const isSpent = quotaViolations.some(({ quotaId }) => quotaId?.includes('PerDay'));
  return new GeminiError('api-error', redactKey(label === '' ? said : `${label}: ${said}`, context.apiKey), {
    status,
    reason: name,
    details: detailList,
    quotaViolations,
    retryable: isTransientStatus(status) && !isSpent,
    retryAfterMs: longer(retryInfoMs(detailList), context.retryAfterMs),
    cause: context.cause,
  });
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

/** Returns the wait that `google.rpc.RetryInfo` asks for, in milliseconds; `undefined` if there is none. */
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

/** Converts anything that broke a request to an error of this layer. A GeminiError stays the same object. */
export function failureOf(cause: unknown, apiKey: string | undefined): GeminiError {
  if (cause instanceof GeminiError) return cause;
  if (isHttpStreamError(cause)) {
    const { status: httpStatus, retryAfterMs, bodyExcerpt, code, message, transient } = cause;
    if (code === 'aborted') return new GeminiError('stopped', 'the stream was stopped', { cause });
    const context = { httpStatus, retryAfterMs, apiKey, cause };
    const said = bodyExcerpt === undefined ? undefined : parseGoogleRpcError(bodyExcerpt, context);
    return said ?? new GeminiError(code, message, { status: httpStatus, retryAfterMs, retryable: transient, cause });
  }
  // Not caused by a server or a network, so it is not retried.
  return new GeminiError('internal-error', cause instanceof Error ? cause.message : String(cause), { cause });
}

// By name, so that an error of another copy of the package is recognised too.
function isHttpStreamError(value: unknown): value is HttpStreamError {
  return value instanceof Error && value.name === 'HttpStreamError';
}
