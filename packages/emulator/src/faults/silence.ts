import type { Reply, WireStep } from '../wire/reply.ts';
import { afterEvents as stopAfter } from './after-events.ts';
import { defineFault } from './define-fault.ts';

/** A connection that stays open and says nothing. */
export const silence = defineFault({
  description:
    'Nothing more is sent after some events, and the connection stays open; without `headers` not even they are sent.',
  defaults: { afterEvents: 0, headers: true },
  reply: (reply, { afterEvents, headers }): Reply => ({
    ...reply,
    body: stopAfter(headers ? reply.body : [], afterEvents, function* (): Generator<WireStep> {
      if (headers) yield { type: 'head' };
      yield { type: 'hang' };
    }),
  }),
});
