import { setTimeout as sleep } from 'node:timers/promises';
import { readerOver } from './contestants.ts';
import type { StreamsCost, StreamsLoad } from './measure-streams.ts';

/** Reads the streams that its argument names, and prints what they cost. */
const { name, fetch, origin, streams, perSecond, settleSeconds, seconds } = JSON.parse(
  process.argv[2] ?? '',
) as StreamsLoad;
const read = readerOver(name, fetch);
const now = (): number => Number(process.hrtime.bigint() / 1_000n);

// What the first requests load and compile is no cost of the others.
for (let count = 0; count < 50; count += 1) await read(`${origin}/100/0`, () => {});
let latencies: number[] = [];
for (let count = 0; count < streams; count += 1) {
  void read(`${origin}/100000/${perSecond}`, (text) => latencies.push(now() - Number(text.slice(0, 16))));
}
await sleep(settleSeconds * 1_000);
latencies = [];
const start = process.cpuUsage();
await sleep(seconds * 1_000);
const { user, system } = process.cpuUsage(start);
const sorted = latencies.toSorted((left, right) => left - right);
const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
const cost: StreamsCost = { p50Us: at(0.5), p99Us: at(0.99), cpuUsPerEvent: (user + system) / sorted.length };
console.log(JSON.stringify(cost));
process.exit();
