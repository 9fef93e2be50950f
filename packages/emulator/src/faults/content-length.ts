import type { Reply, WireStep } from '../wire/reply.ts';
import { defineFault } from './define-fault.ts';

/** A length that is not the body's. */
export const contentLength = defineFault({
  description:
    "`Content-Length` differs from the body: 'short' by so many bytes, so that the rest is no part of it, or 'long', so that the connection closes before it is reached.",
  defaults: { how: 'short', bytes: 40 },
  reply: (reply, { how, bytes }): Reply => ({
    ...reply,
    headers: { ...reply.headers, connection: 'close' },
    body: declareLength(reply.body, how === 'long' ? bytes : -bytes),
  }),
});

async function* declareLength(body: Reply['body'], difference: number): AsyncGenerator<WireStep> {
  // The waits are steps too: reading ahead takes no time.
  const steps: WireStep[] = [];
  for await (const step of body) steps.push(step);
  const length = steps.reduce((sum, step) => sum + (step.type === 'write' ? step.bytes.byteLength : 0), 0);
  yield { type: 'headers', headers: { 'content-length': `${Math.max(0, length + difference)}` } };
  yield* steps;
  yield { type: 'close' };
}
