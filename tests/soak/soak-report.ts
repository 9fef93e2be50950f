import type { MemoryUse, Resources } from './leftovers.ts';
import type { Ledger } from './ledger.ts';
import type { ServerReport } from './chaos-server.ts';

/** One client's life: its streams, and what was left when it was closed. */
export interface PhaseReport {
  readonly streamsCount: number;
  readonly drainMs: number;
  readonly restarted: boolean;
  readonly memory: MemoryUse;
}

/** The figures of a soak. */
export interface SoakReport {
  readonly seed: number;
  readonly durationMs: number;
  readonly concurrentCount: number;
  readonly eventsCount: number;
  readonly phases: readonly PhaseReport[];
  readonly server: ServerReport;
  readonly resources: Resources;
  readonly ledger: Ledger;
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
/** Ten figures of a curve at the most, evenly spread, the first and the last among them. */
function curve(bytes: readonly number[]): string {
  const count = Math.min(10, bytes.length);
  const shown = Array.from({ length: count }, (_, index) => {
    return bytes[Math.round((index * (bytes.length - 1)) / Math.max(1, count - 1))] ?? 0;
  });
  return shown.map(mebibytes).join(' ');
}

const table = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .toSorted(([, one], [, other]) => other - one)
    .map(([name, count]) => `${name} ${count.toLocaleString('en')}`)
    .join(', ');

/** The report in lines for a person. */
export function describeSoak(report: SoakReport): string {
  const { phases, server, ledger } = report;
  const streamsCount = phases.reduce((sum, phase) => sum + phase.streamsCount, 0);
  const heap = phases.map(({ memory }) => memory.heapBytes);
  const rss = phases.map(({ memory }) => memory.rssBytes);
  const restarts = phases.filter(({ restarted }) => restarted).length;
  return [
    `soak: ${(report.durationMs / 60_000).toFixed(1)} min, ${report.concurrentCount} at a time, seed ${report.seed}`,
    `streams: ${streamsCount.toLocaleString('en')}, with ${ledger.attemptsCount.toLocaleString('en')} requests and ${report.eventsCount.toLocaleString('en')} events told`,
    `by outcome: ${table(ledger.outcomes)}`,
    `by use: ${table(ledger.uses)}`,
    `managers closed: ${phases.length}; servers restarted in the middle: ${restarts}`,
    `requests at the server: ${server.requestsCount.toLocaleString('en')}, ${server.leftCount.toLocaleString('en')} left by us, ${server.openCount} still open`,
    `faults met: ${table(server.faults)}`,
    `heap after a client is closed, MiB: ${curve(heap)}`,
    `resident, MiB: ${curve(rss)}`,
    `left over at the end: ${table(report.resources) || 'nothing'}`,
    ...ledger.complaints.map((complaint) => `WRONG: ${complaint}`),
    `${ledger.complaintsCount === 0 ? 'nothing' : ledger.complaintsCount} wrong`,
  ].join('\n');
}
