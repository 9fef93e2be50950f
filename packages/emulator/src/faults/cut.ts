import type { Reply, WireStep } from '../wire/reply.ts';
import { afterEvents as stopAfter } from './after-events.ts';
import { defineFault } from './define-fault.ts';

/** A stream that stops in the middle. */
export const cut = defineFault({
  description:
    "The stream stops after some events: ended cleanly ('end'), closed without its end ('close') or reset ('reset').",
  defaults: { how: 'reset', afterEvents: 3, insideEvent: false },
  reply: (reply, { how, afterEvents, insideEvent }): Reply => ({
    ...reply,
    body: stopAfter(reply.body, afterEvents, function* (next): Generator<WireStep> {
      if (insideEvent && next !== undefined)
        yield { type: 'write', bytes: next.subarray(0, Math.ceil(next.length / 2)) };
      if (how === 'close' || how === 'reset') yield { type: how };
    }),
  }),
});
