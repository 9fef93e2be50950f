import type { WireStep, WireSteps } from '../wire/reply.ts';

/** The steps up to and with the first `count` writes; then those of `ending`, and nothing more of the body. */
export async function* afterEvents(
  body: WireSteps,
  count: number,
  ending: (next: Uint8Array | undefined) => Iterable<WireStep>,
): AsyncGenerator<WireStep> {
  let events = 0;
  for await (const step of body) {
    if (step.type === 'write' && events === count) {
      yield* ending(step.bytes);
      return;
    }
    if (step.type === 'write') events += 1;
    yield step;
  }
  // A body with no more events than that gets its ending too.
  yield* ending(undefined);
}
