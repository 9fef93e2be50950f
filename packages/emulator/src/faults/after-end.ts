import type { Reply, WireStep, WireSteps } from '../wire/reply.ts';
import { defineFault } from './define-fault.ts';

/** What follows an answer that is complete. */
export const afterEnd = defineFault({
  description:
    "The answer is complete, but the body is not ended: silence ('hang'), a reset ('reset') or a close ('close').",
  defaults: { how: 'hang' },
  reply: (reply, { how }): Reply => ({ ...reply, body: append(reply.body, how) }),
});

async function* append(body: WireSteps, how: string): AsyncGenerator<WireStep> {
  yield* body;
  yield { type: how === 'reset' || how === 'close' ? how : 'hang' };
}
