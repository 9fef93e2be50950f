import type { Fault } from '../faults/faults.ts';
import { oneStep, type Scenario, type ScenarioStep } from './scenario.ts';

const fine: ScenarioStep = { faults: [] };
const perMinute = 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier';
const perDay = 'GenerateRequestsPerDayPerProjectPerModel-FreeTier';
const quota = {
  type: 'error-status',
  status: 'RESOURCE_EXHAUSTED',
  message: 'You exceeded your current quota, please check your plan and billing details.',
} as const;

/** Answers that are not a stream: errors, web pages, redirects. */
export const refusalScenarios: readonly Scenario[] = [
  thenFine('quota-retry-info', '429 with RetryInfo of 5 s; then an answer.', {
    ...quota,
    quotaId: perMinute,
    retryInfoSeconds: 5,
  }),
  thenFine('quota-retry-after', '429 with Retry-After: 2; then an answer.', {
    ...quota,
    quotaId: perMinute,
    retryAfterSeconds: 2,
  }),
  thenFine('quota-retry-after-date', '429 with Retry-After as a date two seconds away; then an answer.', {
    ...quota,
    quotaId: perMinute,
    retryAfterSeconds: 2,
    retryAfterAsDate: true,
  }),
  oneStep('quota-per-day', '429 for a daily quota, on every request.', {
    ...quota,
    quotaId: perDay,
    retryInfoSeconds: 1,
  }),
  oneStep('quota-as-event-stream', '429 with a JSON body of type text/event-stream.', {
    ...quota,
    contentType: 'text/event-stream',
  }),
  thenFine('unavailable-then-fine', '503, then an answer.', { type: 'error-status' }),
  thenFine('internal-then-fine', '500, then an answer.', {
    type: 'error-status',
    status: 'INTERNAL',
    message: 'An internal error has occurred. Please retry.',
  }),
  oneStep('always-unavailable', '503 on every request.', { type: 'error-status' }),
  oneStep('invalid-argument', '400 INVALID_ARGUMENT.', {
    type: 'error-status',
    status: 'INVALID_ARGUMENT',
    message: 'Request contains an invalid argument.',
  }),
  oneStep('unauthenticated', '401 UNAUTHENTICATED.', {
    type: 'error-status',
    status: 'UNAUTHENTICATED',
    message: 'Request had invalid authentication credentials.',
    reason: 'ACCESS_TOKEN_TYPE_UNSUPPORTED',
  }),
  oneStep('permission-denied', '403 PERMISSION_DENIED.', {
    type: 'error-status',
    status: 'PERMISSION_DENIED',
    message: 'The caller does not have permission.',
    reason: 'SERVICE_DISABLED',
  }),
  oneStep('not-found', '404 NOT_FOUND.', {
    type: 'error-status',
    status: 'NOT_FOUND',
    message: 'Requested entity was not found.',
  }),
  oneStep('error-in-array', '503 with a JSON array that contains one error.', { type: 'error-status', inArray: true }),
  oneStep(
    'error-body-cut',
    '503 whose body stops in the middle.',
    { type: 'error-status' },
    { type: 'split-writes', bytes: 40 },
    {
      type: 'cut',
      how: 'close',
      afterEvents: 1,
    },
  ),
  oneStep(
    'error-body-silent',
    '503 whose body stops in the middle while the connection stays open.',
    { type: 'error-status' },
    { type: 'split-writes', bytes: 40 },
    {
      type: 'silence',
      afterEvents: 1,
    },
  ),
  oneStep(
    'error-body-endless',
    '503 whose body never ends.',
    { type: 'error-status' },
    { type: 'flood', afterEvents: 1, megabytes: 0 },
  ),
  oneStep('html-page', '200 with the web page of a captive portal.', { type: 'html-page' }),
  oneStep('bad-gateway', '502 with the web page of a gateway.', {
    type: 'html-page',
    status: 502,
    title: 'Bad Gateway',
  }),
  oneStep('no-content', '204 without a body.', { type: 'empty-body', status: 204 }),
  oneStep('empty-body', '200 with an event stream that contains no event.', { type: 'empty-body' }),
  oneStep('wrong-content-type', 'The content type of the stream is text/plain.', { type: 'set-header' }),
  oneStep('no-content-type', 'The stream has no content type.', { type: 'set-header', value: '' }),
  ...[301, 302, 303, 307, 308].map((status) =>
    oneStep(`redirect-${status}`, `${status} to another origin.`, { type: 'redirect', status, to: 'other-origin' }),
  ),
  oneStep('redirect-same-origin', '307 to another path of the same origin.', {
    type: 'redirect',
    status: 307,
    to: 'same-origin',
  }),
  oneStep('redirect-loop', '307 to itself.', { type: 'redirect', status: 307, to: 'loop' }),
];

/** Returns a scenario that applies the faults to the first request of a conversation and answers the second correctly. */
function thenFine(name: string, description: string, ...faults: readonly Fault[]): Scenario {
  return { name, description, steps: [{ faults }, fine] };
}
