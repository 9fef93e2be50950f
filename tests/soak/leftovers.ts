import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Counts the resources that keep the process alive, by kind: sockets, timers, requests under way, and listeners. */
export type Resources = Readonly<Record<string, number>>;

/** Counts them now. `signal` is one that every stream may have listened to. */
export function countResources(signal: AbortSignal): Resources {
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
  for (const name of process.eventNames()) counts[`process.on(${String(name)})`] = process.listenerCount(name);
  counts['abort listeners'] = getEventListeners(signal, 'abort').length;
  return counts;
}

/**
 * Waits until nothing is there that was not there at the start, for `patienceMs` at the most. Resolves with what is
 * left over: empty when all has returned.
 */
export async function awaitReturn(start: Resources, signal: AbortSignal, patienceMs: number): Promise<Resources> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const now = Object.entries(countResources(signal));
    const more = now.filter(([name, count]) => count > (start[name] ?? 0));
    if (more.length === 0 || performance.now() > deadline) return Object.fromEntries(more);
    await sleep(50, undefined, { ref: false });
  }
}

/** Bytes in use once the garbage is gone. */
export interface MemoryUse {
  readonly heapBytes: number;
  readonly rssBytes: number;
}

// Without the flag on the command line, so that the soak can run wherever Node does.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Collects the garbage, twice because finalizers make some, and measures. */
export async function measureMemory(): Promise<MemoryUse> {
  collect();
  await new Promise(setImmediate);
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapBytes: heapUsed + external, rssBytes: rss };
}
