import type { JsonObject } from './json.ts';
import { jsonReply, type Reply } from './reply.ts';

/** Google's canonical status names with their HTTP status (google/rpc/code.proto). */
export const httpStatusOf = {
  CANCELLED: 499,
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ABORTED: 409,
  ALREADY_EXISTS: 409,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNKNOWN: 500,
  DATA_LOSS: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
} as const;

/** One of Google's canonical status names. */
export type GoogleStatus = keyof typeof httpStatusOf;

/** An error that the client receives as a `google.rpc.Status`. */
export class GoogleError extends Error {
  override readonly name = 'GoogleError';
  readonly code: GoogleStatus;
  readonly details: readonly JsonObject[];
  /** The code of the Interactions API, if it is not the one that belongs to `code`. */
  readonly reason: string | undefined;

  constructor(code: GoogleStatus, message: string, details: readonly JsonObject[] = [], reason?: string) {
    super(message);
    this.code = code;
    this.details = details;
    this.reason = reason;
  }
}

/** Returns the JSON body of an error, as the API writes it. */
export function googleErrorBody(error: GoogleError): JsonObject {
  const details = error.details.length > 0 ? { details: error.details } : {};
  return { error: { code: httpStatusOf[error.code], message: error.message, status: error.code, ...details } };
}

/** Returns the reply for an error: an object, or an array for a stream without `alt=sse`. */
export function googleErrorReply(error: GoogleError, shape: 'object' | 'array' = 'object'): Reply {
  const body = googleErrorBody(error);
  const text = `${JSON.stringify(shape === 'array' ? [body] : body, undefined, 2)}\n`;
  return jsonReply(httpStatusOf[error.code], text);
}
