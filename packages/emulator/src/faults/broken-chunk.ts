import { type Reply, type WireStep, writeText } from '../wire/reply.ts';
import { afterEvents as stopAfter } from './after-events.ts';
import { defineFault } from './define-fault.ts';

/** HTTP framing that is wrong. */
export const brokenChunk = defineFault({
  description: 'After some events the chunked encoding itself is broken: a chunk size that is no number.',
  defaults: { afterEvents: 2 },
  reply: (reply, { afterEvents }): Reply => ({
    ...reply,
    body: stopAfter(reply.body, afterEvents, function* (): Generator<WireStep> {
      const { bytes } = writeText('not-a-size\r\n') as Extract<WireStep, { type: 'write' }>;
      yield { type: 'socket-write', bytes };
      yield { type: 'close' };
    }),
  }),
});
