import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../measure/interleave.ts';
import type { Goal } from '../measure/goal.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { bare, contestants, subscriber, type Contestant } from './socket-contestants.ts';

const now = (): number => Number(process.hrtime.bigint() / 1_000n);
const cpuUs = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return user + system;
};

/** Events as fast as they are read: CPU an event, at two sizes. */
export const measureFlood = async (origin: string, isQuick: boolean): Promise<Goal[]> => {
  const goals: Goal[] = [];
  for (const events of isQuick ? [2_000, 4_000] : [10_000, 20_000]) {
    const costs = new Map<string, number[]>(Object.keys(contestants).map((name) => [name, []]));
    for (let round = 0; round <= (isQuick ? 3 : 5); round += 1) {
      for (const [name, read] of Object.entries(contestants)) {
        globalThis.gc?.();
        let came = 0;
        const before = process.cpuUsage();
        await read(`${origin}/${events}/0`, () => void (came += 1));
        if (came < events) throw new Error(`${name} came to ${came} events instead of ${events}.`);
        if (round > 0) costs.get(name)?.push(cpuUs(before) / events);
      }
    }
    const times = (name: string): number =>
      median((costs.get(name) ?? []).map((cost, round) => cost / (costs.get(bare)?.[round] ?? Number.NaN)));
    printTable(
      `${events} events as fast as they are read`,
      ['client', 'CPU us an event', 'x bare'],
      [...costs].map(([name, values]) => [name, formatNumber(median(values)), formatNumber(times(name))]),
    );
    goals.push({ what: `flood of ${events}, CPU x bare`, measured: times(subscriber), most: 1.4, stretch: 1.2 });
  }
  return goals;
};

interface StreamsCost {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly cpuUs: number;
  readonly kibibytes: number;
}

const runStreams = async (read: Contestant, url: string, streams: number, seconds: number): Promise<StreamsCost> => {
  const held = (): number => {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = held();
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const reading = Promise.all(
    Array.from({ length: streams }, () => read(url, (text) => latencies.push(now() - Number(text.slice(0, 16))))),
  );
  await sleep(seconds * 500);
  const cpuHalf = cpuUs(cpu);
  // The collection holds everything up: what comes late because of it is not counted.
  const counted = latencies.length;
  const kibibytes = (held() - before) / 1_024 / streams;
  await sleep(100);
  const resumed = latencies.length;
  await reading;
  const fair = [...latencies.slice(0, counted), ...latencies.slice(resumed)].toSorted((left, right) => left - right);
  const at = (share: number): number => fair[Math.floor(fair.length * share)] ?? Number.NaN;
  return { p50Us: at(0.5), p99Us: at(0.99), cpuUs: cpuHalf / counted, kibibytes };
};

/** Many streams at a human pace: latency, CPU and memory. */
export const measureStreams = async (origin: string, isQuick: boolean): Promise<Goal[]> => {
  const goals: Goal[] = [];
  const seconds = isQuick ? 2 : 5;
  for (const [streams, perSecond] of [
    [100, 20],
    [1_000, 5],
  ] as const) {
    const costs = new Map<string, StreamsCost>();
    for (const [name, read] of Object.entries(contestants)) {
      await read(`${origin}/1/0`, () => undefined);
      costs.set(name, await runStreams(read, `${origin}/${seconds * perSecond}/${perSecond}`, streams, seconds));
    }
    printTable(
      `${streams} streams of ${perSecond} events a second`,
      ['client', 'p50 us', 'p99 us', 'CPU us an event', 'KiB a stream'],
      [...costs].map(([name, cost]) => [
        name,
        ...[cost.p50Us, cost.p99Us, cost.cpuUs, cost.kibibytes].map((value) => formatNumber(value)),
      ]),
    );
    const [plain, ours] = [costs.get(bare), costs.get(subscriber)];
    if (plain === undefined || ours === undefined) continue;
    if (streams === 100)
      goals.push({ what: '100 streams, p50 above bare, us', measured: ours.p50Us - plain.p50Us, most: 80 });
    else {
      goals.push({ what: '1,000 streams, CPU x bare', measured: ours.cpuUs / plain.cpuUs, most: 1.25, stretch: 1.1 });
      const memory = ours.kibibytes / plain.kibibytes;
      goals.push({ what: '1,000 streams, memory x bare', measured: memory, most: 1.25, stretch: 1.1 });
    }
  }
  return goals;
};
