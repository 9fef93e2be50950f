import type { Reply, WireStep, WireSteps } from '../wire/reply.ts';
import { defineFault } from './define-fault.ts';

/** A proxy that forwards whenever its buffer is full, wherever that cuts an event. */
export const byteBuffer = defineFault({
  description: 'Bytes arrive in blocks of a fixed size, as a proxy sends them that fills a buffer first.',
  defaults: { bytes: 4_096 },
  reply: (reply, { bytes }): Reply => ({ ...reply, body: regroup(reply.body, Math.max(1, bytes)) }),
});

async function* regroup(body: WireSteps, size: number): AsyncGenerator<WireStep> {
  let held = Buffer.alloc(0);
  for await (const step of body) {
    if (step.type !== 'write') {
      yield step;
      continue;
    }
    held = Buffer.concat([held, step.bytes]);
    for (; held.length >= size; held = held.subarray(size)) yield { type: 'write', bytes: held.subarray(0, size) };
  }
  if (held.length > 0) yield { type: 'write', bytes: held };
}
