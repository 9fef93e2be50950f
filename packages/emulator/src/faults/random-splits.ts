import type { Random } from '../wire/random.ts';
import type { Reply, WireStep, WireSteps } from '../wire/reply.ts';
import { defineFault } from './define-fault.ts';

/** Writes cut and joined at random, as a network does it. */
export const randomSplits = defineFault({
  description: 'The bytes are cut at places that the seed chooses; a write may hold a part of an event or several.',
  defaults: { mostBytes: 400 },
  reply: (reply, { mostBytes }, { random }): Reply => ({
    ...reply,
    body: recut(reply.body, Math.max(1, mostBytes), random),
  }),
});

async function* recut(body: WireSteps, mostBytes: number, random: Random): AsyncGenerator<WireStep> {
  const nextSize = (): number => 1 + Math.floor(random() * mostBytes);
  let held = Buffer.alloc(0);
  let size = nextSize();
  for await (const step of body) {
    if (step.type !== 'write') {
      yield step;
      continue;
    }
    held = Buffer.concat([held, step.bytes]);
    while (held.length >= size) {
      yield { type: 'write', bytes: held.subarray(0, size) };
      held = held.subarray(size);
      size = nextSize();
    }
  }
  if (held.length > 0) yield { type: 'write', bytes: held };
}
