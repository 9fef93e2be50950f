import type { Reply, WireStep, WireSteps } from '../wire/reply.ts';
import { defineFault } from './define-fault.ts';

/** A server that takes its time. */
export const pause = defineFault({
  description: 'A wait before the headers, before each event, or both.',
  defaults: { beforeHeadersMs: 0, beforeEventMs: 0, headersFirst: false },
  reply: (reply, { beforeHeadersMs, beforeEventMs, headersFirst }): Reply => ({
    ...reply,
    body: slow(reply.body, beforeHeadersMs, beforeEventMs, headersFirst),
  }),
});

async function* slow(
  body: WireSteps,
  beforeHeadersMs: number,
  beforeEventMs: number,
  headersFirst: boolean,
): AsyncGenerator<WireStep> {
  if (beforeHeadersMs > 0) yield { type: 'wait', ms: beforeHeadersMs };
  if (headersFirst) yield { type: 'head' };
  for await (const step of body) {
    if (step.type === 'write' && beforeEventMs > 0) yield { type: 'wait', ms: beforeEventMs };
    yield step;
  }
}
