import { setTimeout as sleep } from 'node:timers/promises';
import { contestants } from './contestants.ts';
import type { StreamsCost, StreamsLoad } from './measure-streams.ts';

/** Reads the streams that its argument names, and prints what they cost. */
const { name, origin, streams, perSecond, settleSeconds, seconds } = JSON.parse(process.argv[2] ?? '') as StreamsLoad;
const read = contestants[name];
if (read === undefined) throw new Error(`expected one of ${Object.keys(contestants).join(', ')}, got ${name}`);

const now = (): number => Number(process.hrtime.bigint() / 1_000n);
// What the first requests load and compile is no cost of the others. One stays, or its code goes with a collection.
for (let count = 0; count < 50; count += 1) await read(`${origin}/100`, () => {});
void read(`${origin}/100000/1`, () => {});
await read(`${origin}/2`, () => {});

let latencies: number[] = [];
for (let count = 0; count < streams; count += 1) {
  void read(`${origin}/100000/${perSecond}`, (writtenUs) => latencies.push(now() - writtenUs));
}
// All that begin at once wait for each other, and then the engine compiles what they run: that time does not count. Nor
// is garbage collected by force: with no tick waiting it would throw away the shapes of Node's `process.nextTick`, which
// is slow from then on, for whichever client it hits.
await sleep(settleSeconds * 1_000);
latencies = [];
const start = process.cpuUsage();
await sleep(seconds * 1_000);
const { user, system } = process.cpuUsage(start);
const sorted = latencies.toSorted((left, right) => left - right);
const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
const cost: StreamsCost = {
  p50Us: at(0.5),
  p99Us: at(0.99),
  cpuUsPerEvent: (user + system) / sorted.length,
};
console.log(JSON.stringify(cost));
process.exit();
