import { GoogleError, googleErrorReply, type GoogleStatus, httpStatusOf } from '../wire/google-error.ts';
import { interactionErrorReply } from '../wire/interaction-error.ts';
import type { JsonObject } from '../wire/json.ts';
import { type Reply, writeText } from '../wire/reply.ts';
import { defineFault, type FaultContext } from './fault.ts';

/** An HTTP error instead of an answer, with any kind of retry advice. */
export const errorStatus = defineFault({
  description: 'The request is refused with a `google.rpc.Status`. Retry advice is in its details, a header, or both.',
  replacesAnswer: true,
  defaults: {
    status: 'UNAVAILABLE',
    message: 'The model is overloaded. Please try again later.',
    /** Seconds in `google.rpc.RetryInfo`; 0 leaves it out. */
    retryInfoSeconds: 0,
    /** Seconds in `Retry-After`; 0 leaves it out. */
    retryAfterSeconds: 0,
    /** Sends `Retry-After` as a date instead of seconds. */
    retryAfterAsDate: false,
    /** The id in `google.rpc.QuotaFailure`; empty leaves it out. */
    quotaId: '',
    /** The reason in `google.rpc.ErrorInfo`; empty leaves it out. */
    reason: '',
    contentType: 'application/json; charset=UTF-8',
    /** Wraps the error in an array, as the API does without `alt`. */
    inArray: false,
  },
  reply(_reply, parameters, { api }): Reply {
    const { status, message, retryAfterSeconds, retryAfterAsDate, contentType, inArray } = parameters;
    const code: GoogleStatus = Object.hasOwn(httpStatusOf, status) ? (status as GoogleStatus) : 'UNKNOWN';
    const error = new GoogleError(code, message, detailsOf(parameters));
    const reply =
      api === 'interactions' ? interactionErrorReply(error) : googleErrorReply(error, inArray ? 'array' : 'object');
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

/** The web page of a captive portal or a gateway. */
export const htmlPage = defineFault({
  description: 'The response is a web page instead of the answer.',
  replacesAnswer: true,
  defaults: { status: 200, title: 'Sign in to the network' },
  reply: (_reply, { status, title }): Reply => ({
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: [
      writeText(
        `<!doctype html>\n<html>\n<head><title>${title}</title></head>\n<body><h1>${title}</h1></body>\n</html>\n`,
      ),
    ],
  }),
});

/** A success response without a body. */
export const emptyBody = defineFault({
  description: 'The response has a status and headers but no body.',
  replacesAnswer: true,
  defaults: { status: 200 },
  reply: (_reply, { status }): Reply => ({
    status,
    headers: status === 204 ? {} : { 'content-type': 'text/event-stream' },
    body: [],
  }),
});

/** A redirect that could send the key and the prompt elsewhere. */
export const redirect = defineFault({
  description:
    "The response is a redirect: to another origin ('other-origin': this emulator under another host name), to this origin ('same-origin'), to this origin without TLS ('plain-http'), or to the same URL ('loop').",
  replacesAnswer: true,
  defaults: { status: 308, to: 'other-origin' },
  reply: (_reply, { status, to }, context): Reply => ({
    status,
    headers: { location: locationOf(to, context), 'content-length': '0' },
    body: [],
  }),
});

function locationOf(to: string, { target, origin, plainOrigin }: FaultContext): string {
  if (to === 'loop') return `${origin}${target}`;
  // The followed request arrives under this prefix, so that a test can find it.
  const arrived = `/__redirected${target.replace(/\/__scenario\/[^/]+/u, '')}`;
  if (to === 'same-origin') return `${origin}${arrived}`;
  if (to === 'plain-http') return `${plainOrigin}${arrived}`;
  const other = origin.includes('127.0.0.1')
    ? origin.replace('127.0.0.1', 'localhost')
    : origin.replace(/\/\/[^:/]+/u, '//127.0.0.1');
  return `${other}${arrived}`;
}

/** A header that differs from the API's. */
export const setHeader = defineFault({
  description: 'One header of the response has another value; an empty value removes it.',
  defaults: { name: 'content-type', value: 'text/plain' },
  reply(reply, { name, value }): Reply {
    const { [name.toLowerCase()]: _, ...others } = reply.headers;
    return { ...reply, headers: value === '' ? others : { ...others, [name.toLowerCase()]: value } };
  },
});
