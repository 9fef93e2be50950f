import type { HttpStreamError } from '@gemini/http-streaming';
import { GeminiError, type QuotaViolation } from '../errors.ts';

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
interface GoogleRpcErrorContext {
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

type Fields = Readonly<Record<string, unknown>>;

/** The violations of every `QuotaFailure` in a `google.rpc.Status`'s details. */
function quotaViolationsOf(details: readonly unknown[]): QuotaViolation[] {
  return details.flatMap((detail) => {
    const violations = isFields(detail) ? detail['violations'] : undefined;
    return Array.isArray(violations) ? violations.filter((item): item is QuotaViolation => isFields(item)) : [];
  });
}

/** The wait that `google.rpc.RetryInfo` asks for, in milliseconds; `undefined` where there is none. */
function retryInfoMs(details: readonly unknown[]): number | undefined {
  for (const detail of details) {
    const delay = isFields(detail) ? detail['retryDelay'] : undefined;
    if (typeof delay !== 'string') continue;
    // A protobuf Duration in JSON: decimal seconds and an `s`.
    const seconds = /^(\d+(?:\.\d+)?)s$/.exec(delay)?.[1];
    if (seconds !== undefined) return Math.ceil(Number(seconds) * 1_000);
  }
  return undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

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
