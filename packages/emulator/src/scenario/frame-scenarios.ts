import { oneStep } from './one-step.ts';
import type { Scenario } from './scenario.ts';

/** Legal ways of writing the same stream, and where its bytes are cut. A reader gives the same text for all. */
export const frameScenarios: readonly Scenario[] = [
  oneStep('event-line-before-data', 'An `event:` line stands before the data of each event.', {
    type: 'event-lines',
    before: 'event: message',
  }),
  oneStep('id-line-before-data', 'An `id:` line stands before the data of each event.', {
    type: 'event-lines',
    before: 'id: {index}',
  }),
  oneStep('comment-inside-event', 'A comment stands inside each event.', { type: 'event-lines', before: ': ping' }),
  oneStep('retry-line', 'Each event sets a reconnection time.', { type: 'event-lines', after: 'retry: 10000' }),
  oneStep('several-data-lines', 'The JSON of each event is pretty-printed over several data lines.', {
    type: 'pretty-data',
  }),
  oneStep('lf-line-ends', 'Lines end with LF.', { type: 'line-ends', style: 'lf' }),
  oneStep('cr-line-ends', 'Lines end with CR.', { type: 'line-ends', style: 'cr' }),
  oneStep('mixed-line-ends', 'Lines end with CRLF, LF and CR in turn.', { type: 'line-ends', style: 'mixed' }),
  oneStep('byte-order-mark', 'The stream begins with a byte order mark.', { type: 'byte-order-mark' }),
  oneStep('no-space-after-colon', 'No space follows `data:`.', { type: 'tight-data' }),
  oneStep('done-sentinel', 'A last event says [DONE].', { type: 'sentinel' }),
  oneStep('one-byte-writes', 'Every byte is a write of its own.', { type: 'split-writes', bytes: 1 }),
  oneStep('split-characters', 'Writes end inside characters of several bytes.', {
    type: 'split-inside',
    what: 'characters',
  }),
  oneStep('split-line-ends', 'Writes end between CR and LF.', { type: 'split-inside', what: 'line-ends' }),
  oneStep('random-splits', 'The bytes are cut where the seed says.', { type: 'random-splits' }),
  oneStep('json-array', 'The body is a JSON array although alt=sse was asked for.', { type: 'array-body' }),
  oneStep('close-delimited', 'The body ends where the connection ends.', { type: 'close-delimited' }),
];
