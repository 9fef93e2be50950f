import { setImmediate as nextTurn } from 'node:timers/promises';

/** Turns the event loop until the condition holds; the test's own time limit is the end of patience. */
export async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}
