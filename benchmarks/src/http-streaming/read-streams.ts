import { setTimeout as sleep } from 'node:timers/promises';
import { contestants } from './contestants.ts';
import type { StreamsCost, StreamsLoad } from './measure-streams.ts';

/** Reads the streams that its argument names, and prints what they cost. */
const { name, origin, streams, perSecond, seconds } = JSON.parse(process.argv[2] ?? '') as StreamsLoad;
const read = contestants[name];
if (read === undefined) throw new Error(`expected one of ${Object.keys(contestants).join(', ')}, got ${name}`);

const now = (): number => Number(process.hrtime.bigint() / 1_000n);
const resident = (): number => {
  globalThis.gc?.();
  return process.memoryUsage.rss();
};

// What the first requests load and compile is no cost of the others. One stays, or its code goes with the collection.
for (let count = 0; count < 50; count += 1) await read(`${origin}/100`, () => {});
void read(`${origin}/100000/1`, () => {});
await read(`${origin}/2`, () => {});
const before = resident();

let latencies: number[] = [];
for (let count = 0; count < streams; count += 1) {
  void read(`${origin}/100000/${perSecond}`, (writtenUs) => latencies.push(now() - writtenUs));
}
// All that begin at once wait for each other: the time in which they connect does not count.
await sleep(1_500);
latencies = [];
const start = process.cpuUsage();
await sleep(seconds * 1_000);
const { user, system } = process.cpuUsage(start);
const sorted = latencies.toSorted((left, right) => left - right);
const bytes = resident() - before;
const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
const cost: StreamsCost = {
  p50Us: at(0.5),
  p99Us: at(0.99),
  cpuUsPerEvent: (user + system) / sorted.length,
  kibibytesPerStream: bytes / 1_024 / streams,
};
console.log(JSON.stringify(cost));
process.exit();
