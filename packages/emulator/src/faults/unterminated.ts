import type { Reply, WireStep, WireSteps } from '../wire/reply.ts';
import { defineFault } from './define-fault.ts';

/** A stream whose last event is not closed by a blank line, or not even whole. */
export const unterminated = defineFault({
  description: 'The last event lacks its blank line; with `missingBytes` it lacks the end of its JSON too.',
  defaults: { missingBytes: 0 },
  reply: (reply, { missingBytes }): Reply => ({ ...reply, body: trimEnd(reply.body, missingBytes) }),
});

async function* trimEnd(body: WireSteps, missingBytes: number): AsyncGenerator<WireStep> {
  let held: Uint8Array | undefined;
  for await (const step of body) {
    if (held !== undefined) yield { type: 'write', bytes: held };
    held = step.type === 'write' ? step.bytes : undefined;
    if (step.type !== 'write') yield step;
  }
  if (held === undefined) return;
  let end = held.length;
  while (end > 0 && (held[end - 1] === 10 || held[end - 1] === 13)) end -= 1;
  yield { type: 'write', bytes: held.subarray(0, Math.max(0, end - missingBytes)) };
}
