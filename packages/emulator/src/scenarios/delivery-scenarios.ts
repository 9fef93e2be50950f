import { oneStep, type Scenario } from './scenario.ts';

/** Valid ways to write and split the same stream. A client reads the same text from all of them. */
export const frameScenarios: readonly Scenario[] = [
  oneStep('event-line-before-data', 'Each event has an `event:` line before its data.', {
    type: 'event-lines',
    before: 'event: message',
  }),
  oneStep('id-line-before-data', 'Each event has an `id:` line before its data.', {
    type: 'event-lines',
    before: 'id: {index}',
  }),
  oneStep('comment-inside-event', 'Each event contains a comment.', { type: 'event-lines', before: ': ping' }),
  oneStep('retry-line', 'Each event sets a reconnection time.', { type: 'event-lines', after: 'retry: 10000' }),
  oneStep('several-data-lines', 'The JSON of each event is pretty-printed over several data lines.', {
    type: 'pretty-data',
  }),
  oneStep('lf-line-ends', 'Lines end with LF.', { type: 'line-ends', style: 'lf' }),
  oneStep('cr-line-ends', 'Lines end with CR.', { type: 'line-ends', style: 'cr' }),
  oneStep('mixed-line-ends', 'Lines end with CRLF, LF and CR in turn.', { type: 'line-ends', style: 'mixed' }),
  oneStep('byte-order-mark', 'The stream begins with a byte order mark.', { type: 'byte-order-mark' }),
  oneStep('no-space-after-colon', 'There is no space after `data:`.', { type: 'tight-data' }),
  oneStep('done-sentinel', 'The last event is [DONE].', { type: 'sentinel' }),
  oneStep('one-byte-writes', 'Each byte is a separate write.', { type: 'split-writes', bytes: 1 }),
  oneStep('split-characters', 'Writes end inside multi-byte characters.', {
    type: 'split-inside',
    what: 'characters',
  }),
  oneStep('split-line-ends', 'Writes end between CR and LF.', { type: 'split-inside', what: 'line-ends' }),
  oneStep('random-splits', 'Writes end at random positions, chosen by the seed.', { type: 'random-splits' }),
  oneStep('json-array', 'The body is a JSON array, although the request has alt=sse.', { type: 'array-body' }),
  oneStep('close-delimited', 'The end of the connection is the end of the body.', { type: 'close-delimited' }),
];

/** Unusual delivery: bytes that arrive late, slowly, without an end, or never. */
export const deliveryScenarios: readonly Scenario[] = [
  oneStep('buffered', 'A proxy collects the whole body and sends it at the end, with its length.', {
    type: 'buffered',
  }),
  oneStep('buffered-blocks', 'A proxy sends blocks of 4,096 bytes.', { type: 'byte-buffer', bytes: 4_096 }),
  oneStep('gzip-without-flush', 'A compressor holds events back until its buffer is full.', {
    type: 'gzip',
    flush: false,
  }),
  oneStep('gzip-with-flush', 'A compressor sends each event at once.', { type: 'gzip', flush: true }),
  oneStep('slow-drip', 'Sixteen bytes arrive every 20 ms.', { type: 'split-writes', bytes: 16, pauseMs: 20 }),
  oneStep('late-headers', 'The headers arrive after one second.', { type: 'pause', beforeHeadersMs: 1_000 }),
  oneStep(
    'long-and-healthy',
    'A long and correct answer, with an event every 100 ms.',
    { type: 'many-pieces', count: 1_000 },
    { type: 'pause', beforeEventMs: 100, headersFirst: true },
  ),
  oneStep('silence-before-headers', 'The server reads the request and never answers.', {
    type: 'silence',
    headers: false,
  }),
  oneStep('silence-after-headers', 'The server sends the headers and then nothing.', {
    type: 'silence',
    afterEvents: 0,
  }),
  oneStep('silence-after-content', 'The server sends three events and then nothing.', {
    type: 'silence',
    afterEvents: 3,
  }),
  oneStep('silence-after-finish', 'The answer is complete, but the body never ends.', {
    type: 'after-end',
    how: 'hang',
  }),
  oneStep('comments-only', 'After one event, the server sends only comments, one every 100 ms.', {
    type: 'keep-alive',
  }),
  oneStep('endless-data-line', 'One data line has 96 MB.', { type: 'flood', what: 'line', megabytes: 96 }),
  oneStep('endless-comments', 'Comments arrive without end, as fast as the client reads.', {
    type: 'flood',
    what: 'comments',
    megabytes: 0,
  }),
  oneStep('endless-events', 'Events of 1 KiB arrive without end, as fast as the client reads.', {
    type: 'flood',
    what: 'events',
    megabytes: 0,
  }),
  oneStep('large-inline-data', 'One event has 16 MB of inline data.', { type: 'large-part', megabytes: 16 }),
  oneStep('flood-of-events', '100,000 events arrive as fast as the client reads.', {
    type: 'many-pieces',
    count: 100_000,
  }),
];
