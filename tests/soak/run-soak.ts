import type { Gemini } from '@gemini/client';
import { pipeSse } from '@gemini/stream-manager/sse';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChaosServer, startChaosServer } from './chaos-server.ts';
import { createLedger } from './ledger.ts';
import { awaitReturn, countResources, measureMemory } from './leftovers.ts';
import { runPhase } from './run-phase.ts';
import type { PhaseReport, SoakReport } from './soak-report.ts';

/** How long, how much, and by which chance. */
export interface SoakOptions {
  readonly durationMs: number;
  readonly concurrentCount: number;
  readonly seed: number;
  /** Told in one line after each phase. */
  readonly onProgress?: ((line: string) => void) | undefined;
}

/** Memory that the first phase keeps (code, pools, tables) is not a leak; growth after it beyond this is. */
const mostGrowthBytes = 12 * 2 ** 20;

/** Requests that the server still answers when it has had time to hear that we left. */
async function openRequests(server: ChaosServer): Promise<number> {
  for (let patience = 100; ; patience -= 1) {
    const { openCount } = await server.report();
    if (openCount === 0 || patience === 0) return openCount;
    await sleep(50);
  }
}

/**
 * Streams against an emulator with chaos until the time is over, and looks whether each stream ends once, with what was
 * sent and nothing else, and whether anything is left when its client is closed. The ledger has what is wrong.
 */
export async function runSoak({ durationMs, concurrentCount, seed, onProgress }: SoakOptions): Promise<SoakReport> {
  const startedAt = performance.now();
  const ledger = createLedger();
  const { complain } = ledger;
  const onWarning = (warning: Error): void => complain(`Node warns: ${warning.message}`);
  process.on('warning', onWarning);

  await using server = await startChaosServer(seed);
  let gemini: Gemini | undefined;
  const served = createServer((request, response) => {
    const stream = gemini?.streams.get(request.url?.slice(1) ?? '');
    pipeSse(stream, { request, response }).catch(() => response.destroy());
  });
  await once(served.listen(0, '127.0.0.1'), 'listening');
  const servedUrl = `http://127.0.0.1:${(served.address() as AddressInfo).port}`;
  const { signal } = new AbortController();

  const start = countResources(signal);
  const phases: PhaseReport[] = [];
  const phaseMs = Math.min(10_000, Math.max(2_000, durationMs / 6));
  let resources = start;
  let eventsCount = 0;
  let firstVisit = 1;
  while (performance.now() - startedAt < durationMs) {
    const restarted = phases.length % 3 === 1;
    const drainMs = [2_000, 0, 300][phases.length % 3] ?? 0;
    const restart = restarted && sleep(phaseMs / 2).then(() => server.restart(seed + phases.length));
    const streamsCount = await runPhase({
      seed,
      baseUrl: server.url,
      servedUrl,
      signal,
      concurrentCount,
      durationMs: phaseMs,
      drainMs,
      firstVisit,
      serve: (next) => (gemini = next),
      ledger,
    });
    await restart;
    eventsCount += gemini?.streamStats().events ?? 0;
    gemini = undefined;
    firstVisit += streamsCount;
    const openCount = await openRequests(server);
    if (openCount > 0) complain(`${openCount} requests are still open at the server`);
    // Idle connections are kept for a while; those of the server that goes away are not.
    await server.restart(seed + firstVisit);
    served.closeAllConnections();
    resources = await awaitReturn(start, signal, 10_000);
    for (const [name, count] of Object.entries(resources)) complain(`left over after a phase: ${count} ${name}`);
    phases.push({ streamsCount, drainMs, restarted, memory: await measureMemory() });
    onProgress?.(`${phases.length}: ${streamsCount} streams, ${ledger.complaintsCount} wrong`);
  }

  const [first, ...later] = phases.map(({ memory }) => memory.heapBytes);
  const growthBytes = later.length === 0 ? 0 : Math.min(...later.slice(-3)) - (first ?? 0);
  if (growthBytes > mostGrowthBytes) complain(`the heap grew by ${(growthBytes / 2 ** 20).toFixed(1)} MiB`);
  const report = await server.report();
  served.close();
  process.off('warning', onWarning);
  return {
    seed,
    durationMs: performance.now() - startedAt,
    concurrentCount,
    eventsCount,
    phases,
    server: report,
    resources,
    ledger,
  };
}
