import { type GoogleError, type GoogleStatus, httpStatusOf } from './google-error.ts';
import { isJsonObject, type JsonObject, textOr } from './json.ts';
import { jsonReply, type Reply } from './reply.ts';

/** The codes of the Interactions API, which has names where `google.rpc` has numbers. */
const codes: Readonly<Record<GoogleStatus, string>> = {
  CANCELLED: 'cancelled',
  INVALID_ARGUMENT: 'invalid_request',
  FAILED_PRECONDITION: 'failed_precondition',
  OUT_OF_RANGE: 'out_of_range',
  UNAUTHENTICATED: 'authentication',
  PERMISSION_DENIED: 'permission_denied',
  NOT_FOUND: 'not_found',
  ABORTED: 'api_error',
  ALREADY_EXISTS: 'invalid_request',
  RESOURCE_EXHAUSTED: 'rate_limit_exceeded',
  INTERNAL: 'api_error',
  UNKNOWN: 'api_error',
  DATA_LOSS: 'api_error',
  UNIMPLEMENTED: 'invalid_request',
  UNAVAILABLE: 'service_unavailable',
  DEADLINE_EXCEEDED: 'gateway_timeout',
};

/** Returns the JSON body of an error in the form of the Interactions API: a message and a code, and nothing else. */
export function interactionErrorBody(error: GoogleError): JsonObject {
  return { error: { message: error.message, code: codeOf(error) } };
}

/** Returns the reply for an error of the Interactions API. */
export function interactionErrorReply(error: GoogleError): Reply {
  return jsonReply(statusOf(error), `${JSON.stringify(interactionErrorBody(error), undefined, 2)}\n`);
}

function codeOf({ code, reason, details }: GoogleError): string {
  if (reason !== undefined) return reason;
  return code === 'RESOURCE_EXHAUSTED' && details.some(isDaily) ? 'quota_exceeded' : codes[code];
}

function statusOf({ code }: GoogleError): number {
  return code === 'OUT_OF_RANGE' ? 416 : httpStatusOf[code];
}

function isDaily({ violations }: JsonObject): boolean {
  const list = Array.isArray(violations) ? violations : [];
  return list.some((item) => isJsonObject(item) && textOr(item['quotaId'], '').includes('PerDay'));
}
