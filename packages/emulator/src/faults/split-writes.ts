import { splitBytes } from '../recording/split-bytes.ts';
import type { Reply, WireStep, WireSteps } from '../wire/reply.ts';
import { defineFault } from './define-fault.ts';

/** A slow link: small writes with a pause before each. */
export const splitWrites = defineFault({
  description: 'Every event is sent in small writes, with a pause before each if one is set.',
  defaults: { bytes: 1, pauseMs: 0 },
  reply: (reply, { bytes, pauseMs }): Reply => ({ ...reply, body: split(reply.body, Math.max(1, bytes), pauseMs) }),
});

async function* split(body: WireSteps, size: number, pauseMs: number): AsyncGenerator<WireStep> {
  for await (const step of body) {
    if (step.type !== 'write') {
      yield step;
      continue;
    }
    for (const bytes of splitBytes(step.bytes, size)) {
      if (pauseMs > 0) yield { type: 'wait', ms: pauseMs };
      yield { type: 'write', bytes };
    }
  }
}
