import { oneStep } from './one-step.ts';
import type { Scenario } from './scenario.ts';

/** When the bytes come: held back, slowly, too many, or not at all. */
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
  oneStep('late-headers', 'The headers come after a second of thinking.', { type: 'pause', beforeHeadersMs: 1_000 }),
  oneStep(
    'long-and-healthy',
    'An event every 100 ms, for ever so long: nothing is wrong with it.',
    { type: 'many-pieces', count: 1_000 },
    { type: 'pause', beforeEventMs: 100, headersFirst: true },
  ),
  oneStep('silence-before-headers', 'The request is taken and nothing comes back.', {
    type: 'silence',
    headers: false,
  }),
  oneStep('silence-after-headers', 'The headers come, and then nothing.', { type: 'silence', afterEvents: 0 }),
  oneStep('silence-after-content', 'Three events come, and then nothing.', { type: 'silence', afterEvents: 3 }),
  oneStep('silence-after-finish', 'The answer is complete, but the body never ends.', {
    type: 'after-end',
    how: 'hang',
  }),
  oneStep('comments-only', 'After one event only keep-alive comments come, every 100 ms.', { type: 'keep-alive' }),
  oneStep('endless-data-line', 'A data line of 96 MB without an end.', { type: 'flood', what: 'line', megabytes: 96 }),
  oneStep('endless-comments', 'Comments for ever, as fast as they are read.', {
    type: 'flood',
    what: 'comments',
    megabytes: 0,
  }),
  oneStep('endless-events', 'Whole events of 1 KiB for ever, as fast as they are read.', {
    type: 'flood',
    what: 'events',
    megabytes: 0,
  }),
  oneStep('large-inline-data', 'One event with 16 MB of inline data.', { type: 'large-part', megabytes: 16 }),
  oneStep('flood-of-events', '100,000 events as fast as they are read: a slow reader makes the server wait.', {
    type: 'many-pieces',
    count: 100_000,
  }),
];
