import { setTimeout as sleep } from 'node:timers/promises';
import { contestants } from './contestants.ts';
import type { HoldLoad, StreamsHeld } from './measure-held.ts';

/** Opens as many streams as its argument names, step by step, and prints what is held after each step. */
const { name, origin, steps, perSecond, seconds } = JSON.parse(process.argv[2] ?? '') as HoldLoad;
const read = contestants[name];
if (read === undefined) throw new Error(`expected one of ${Object.keys(contestants).join(', ')}, got ${name}`);

const held = (streams: number): StreamsHeld => {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { streams, residentBytes: rss, liveBytes: heapUsed + external };
};

// What the first requests load and compile is no cost of the others. One stays, or its code goes with the collection.
for (let count = 0; count < 50; count += 1) await read(`${origin}/100`, () => {});
void read(`${origin}/100000/1`, () => {});
await read(`${origin}/2`, () => {});

const all = [held(0)];
let open = 0;
for (const streams of steps) {
  for (; open < streams; open += 1) void read(`${origin}/100000/${perSecond}`, () => {});
  await sleep(seconds * 1_000);
  all.push(held(streams));
}
console.log(JSON.stringify(all));
process.exit();
