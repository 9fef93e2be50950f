import { oneStep, type Scenario } from './scenario.ts';

/** Bodies that end early, with an error, or with an invalid end. */
export const endingScenarios: readonly Scenario[] = [
  oneStep('last-event-unterminated', 'The last event is complete, but the blank line after it is missing.', {
    type: 'unterminated',
  }),
  oneStep('last-event-cut', 'The body ends cleanly inside the JSON of the last event.', {
    type: 'unterminated',
    missingBytes: 30,
  }),
  oneStep('bad-json', 'One event in the middle has invalid JSON.', { type: 'bad-json' }),
  oneStep('error-event', 'An error event with code 503 follows three events.', { type: 'error-event' }),
  oneStep('error-event-without-code', 'An error event without a code follows three events.', {
    type: 'error-event',
    withCode: false,
  }),
  oneStep('error-event-quota', 'An error event with code 429 follows three events.', {
    type: 'error-event',
    status: 'RESOURCE_EXHAUSTED',
    message: 'Resource has been exhausted (e.g. check quota).',
  }),
  oneStep('error-event-first', 'The first event is an error.', { type: 'error-event', afterEvents: 0 }),
  oneStep('raw-json-error', 'An error follows three events as bare JSON on several lines.', {
    type: 'error-event',
    form: 'raw',
  }),
  oneStep('raw-json-error-only', 'The whole body of a 200 response is an error as bare JSON.', {
    type: 'error-event',
    form: 'raw',
    afterEvents: 0,
  }),
  oneStep('no-finish-reason', 'The body ends cleanly after three events, without a finish reason.', {
    type: 'cut',
    how: 'end',
  }),
  oneStep('closed-in-the-middle', 'The connection is closed after three events, before the body has ended.', {
    type: 'cut',
    how: 'close',
  }),
  oneStep('reset-after-content', 'The connection is reset after three events.', { type: 'cut', how: 'reset' }),
  oneStep('reset-inside-event', 'The connection is reset in the middle of an event.', {
    type: 'cut',
    how: 'reset',
    insideEvent: true,
  }),
  oneStep('reset-before-headers', 'The connection is reset before anything is sent.', {
    type: 'cut',
    how: 'reset',
    afterEvents: 0,
  }),
  oneStep('reset-after-finish', 'The answer is complete, then the connection is reset.', {
    type: 'after-end',
    how: 'reset',
  }),
  oneStep(
    'close-delimited-cut',
    'The body has neither a length nor chunked encoding, and stops in the middle of an event.',
    { type: 'close-delimited' },
    {
      type: 'cut',
      how: 'close',
      insideEvent: true,
    },
  ),
  oneStep('content-length-short', 'Content-Length is 40 bytes too small.', {
    type: 'content-length',
    how: 'short',
  }),
  oneStep('content-length-long', 'The connection closes before Content-Length is reached.', {
    type: 'content-length',
    how: 'long',
  }),
  oneStep('broken-chunked-encoding', 'A chunk size is not a number.', { type: 'broken-chunk' }),
];
