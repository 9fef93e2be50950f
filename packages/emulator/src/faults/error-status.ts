import { GoogleError, googleErrorReply, type GoogleStatus, httpStatusOf } from '../wire/google-error.ts';
import type { JsonObject } from '../wire/json.ts';
import type { Reply } from '../wire/reply.ts';
import { defineFault } from './define-fault.ts';

/** An error in the place of an answer, with every kind of advice on when to come back. */
export const errorStatus = defineFault({
  description:
    'The request is refused with a `google.rpc.Status`; retry advice is given in its details, in a header, or both.',
  replacesAnswer: true,
  defaults: {
    status: 'UNAVAILABLE',
    message: 'The model is overloaded. Please try again later.',
    /** `google.rpc.RetryInfo`; 0: none. */
    retryInfoSeconds: 0,
    /** `Retry-After`; 0: none. */
    retryAfterSeconds: 0,
    /** `Retry-After` as a date instead of seconds. */
    retryAfterAsDate: false,
    /** `google.rpc.QuotaFailure`; empty: none. */
    quotaId: '',
    /** `google.rpc.ErrorInfo`; empty: none. */
    reason: '',
    contentType: 'application/json; charset=UTF-8',
    /** Wrapped in an array, as where `alt` is absent. */
    inArray: false,
  },
  reply(_reply, parameters): Reply {
    const { status, message, retryAfterSeconds, retryAfterAsDate, contentType, inArray } = parameters;
    const code: GoogleStatus = Object.hasOwn(httpStatusOf, status) ? (status as GoogleStatus) : 'UNKNOWN';
    const reply = googleErrorReply(new GoogleError(code, message, detailsOf(parameters)), inArray ? 'array' : 'object');
    const at = new Date(Date.now() + retryAfterSeconds * 1_000).toUTCString();
    const retryAfter = retryAfterSeconds === 0 ? {} : { 'retry-after': retryAfterAsDate ? at : `${retryAfterSeconds}` };
    return { ...reply, headers: { ...reply.headers, 'content-type': contentType, ...retryAfter } };
  },
});

function detailsOf({
  retryInfoSeconds,
  quotaId,
  reason,
}: {
  retryInfoSeconds: number;
  quotaId: string;
  reason: string;
}): readonly JsonObject[] {
  const type = 'type.googleapis.com/google.rpc.';
  const quotaMetric = 'generativelanguage.googleapis.com/generate_content_free_tier_requests';
  return [
    ...(quotaId === ''
      ? []
      : [{ '@type': `${type}QuotaFailure`, violations: [{ quotaMetric, quotaId, quotaValue: '15' }] }]),
    ...(retryInfoSeconds === 0 ? [] : [{ '@type': `${type}RetryInfo`, retryDelay: `${retryInfoSeconds}s` }]),
    ...(reason === '' ? [] : [{ '@type': `${type}ErrorInfo`, reason, domain: 'googleapis.com' }]),
  ];
}
