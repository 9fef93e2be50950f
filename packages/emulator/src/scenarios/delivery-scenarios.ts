import { oneStep, type Scenario } from './scenario.ts';

/** Legal ways of writing and cutting the same stream. A client reads the same text from all of them. */
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
  oneStep('done-sentinel', 'The last event is [DONE].', { type: 'sentinel' }),
  oneStep('one-byte-writes', 'Every byte is a write of its own.', { type: 'split-writes', bytes: 1 }),
  oneStep('split-characters', 'Writes end inside characters of several bytes.', {
    type: 'split-inside',
    what: 'characters',
  }),
  oneStep('split-line-ends', 'Writes end between CR and LF.', { type: 'split-inside', what: 'line-ends' }),
  oneStep('random-splits', 'The bytes are cut at random places that depend on the seed.', { type: 'random-splits' }),
  oneStep('json-array', 'The body is a JSON array although alt=sse was asked for.', { type: 'array-body' }),
  oneStep('close-delimited', 'The body ends with the connection.', { type: 'close-delimited' }),
];

/** The times at which bytes arrive: held back, slowly, too many, or never. */
export const deliveryScenarios: readonly Scenario[] = [
  oneStep('buffered', 'A proxy collects the whole body and sends it at the end, with its length.', {
    type: 'buffered',
  }),
  oneStep('buffered-blocks', 'A proxy sends whenever it has 4,096 bytes.', { type: 'byte-buffer', bytes: 4_096 }),
  oneStep('gzip-without-flush', 'A compressor holds the events back until its window is full.', {
    type: 'gzip',
    flush: false,
  }),
  oneStep('gzip-with-flush', 'A compressor passes each event on.', { type: 'gzip', flush: true }),
  oneStep('slow-drip', 'Sixteen bytes every 20 ms.', { type: 'split-writes', bytes: 16, pauseMs: 20 }),
  oneStep('late-headers', 'The headers arrive after one second.', { type: 'pause', beforeHeadersMs: 1_000 }),
  oneStep(
    'long-and-healthy',
    'A correct answer that is long: an event every 100 ms.',
    { type: 'many-pieces', count: 1_000 },
    { type: 'pause', beforeEventMs: 100, headersFirst: true },
  ),
  oneStep('silence-before-headers', 'The request is read and never answered.', {
    type: 'silence',
    headers: false,
  }),
  oneStep('silence-after-headers', 'Nothing follows the headers.', { type: 'silence', afterEvents: 0 }),
  oneStep('silence-after-content', 'Nothing follows three events.', { type: 'silence', afterEvents: 3 }),
  oneStep('silence-after-finish', 'The answer is complete, but the body never ends.', {
    type: 'after-end',
    how: 'hang',
  }),
  oneStep('comments-only', 'Only keep-alive comments follow one event, every 100 ms.', { type: 'keep-alive' }),
  oneStep('endless-data-line', 'A data line of 96 MB.', { type: 'flood', what: 'line', megabytes: 96 }),
  oneStep('endless-comments', 'Endless comments, as fast as the client reads.', {
    type: 'flood',
    what: 'comments',
    megabytes: 0,
  }),
  oneStep('endless-events', 'Endless events of 1 KiB, as fast as the client reads.', {
    type: 'flood',
    what: 'events',
    megabytes: 0,
  }),
  oneStep('large-inline-data', 'One event with 16 MB of inline data.', { type: 'large-part', megabytes: 16 }),
  oneStep('flood-of-events', '100,000 events as fast as the client reads.', {
    type: 'many-pieces',
    count: 100_000,
  }),
];
