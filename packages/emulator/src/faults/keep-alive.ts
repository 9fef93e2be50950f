import { type Reply, type WireStep, writeText } from '../wire/reply.ts';
import { afterEvents as stopAfter } from './after-events.ts';
import { defineFault } from './define-fault.ts';

/** A connection that is kept alive while nothing is said. */
export const keepAlive = defineFault({
  description: 'After some events only comments come, one every so often, without end.',
  defaults: { afterEvents: 1, everyMs: 100, comment: 'keep-alive' },
  reply: (reply, { afterEvents, everyMs, comment }): Reply => ({
    ...reply,
    body: stopAfter(reply.body, afterEvents, function* (): Generator<WireStep> {
      for (;;) {
        yield { type: 'wait', ms: Math.max(1, everyMs) };
        yield writeText(`: ${comment}\r\n\r\n`);
      }
    }),
  }),
});
