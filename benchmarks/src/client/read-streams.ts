import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamsCost, StreamsLoad } from './measure-streams.ts';
import { contestants } from './socket-contestants.ts';

/** Reads the streams that its argument names, each contestant in turn, and prints what they cost. */
const load = JSON.parse(process.argv[2] ?? '') as StreamsLoad;
const { names, origin, streams, perSecond, settleSeconds, seconds, rounds, warmUpRounds } = load;

type Read = (baseUrl: string, onText: (text: string) => void) => Promise<unknown>;

const readOf = (name: string): Read => {
  const read = contestants[name];
  if (read === undefined) throw new Error(`expected one of ${Object.keys(contestants).join(', ')}, got ${name}`);
  return read;
};
const now = (): number => Number(process.hrtime.bigint() / 1_000n);
const cpuUs = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return user + system;
};

const readOnce = async (read: Read): Promise<StreamsCost> => {
  let latencies: number[] = [];
  let begun = 0;
  const opening = process.cpuUsage();
  const allBegun = Promise.withResolvers<void>();
  const reading: Promise<unknown>[] = [];
  for (let count = 0; count < streams; count += 1) {
    let isFirst = true;
    const onText = (text: string): void => {
      latencies.push(now() - Number(text.slice(0, 16)));
      if (!isFirst) return;
      isFirst = false;
      begun += 1;
      if (begun === streams) allBegun.resolve();
    };
    reading.push(read(`${origin}/100000/${perSecond}`, onText));
  }
  await allBegun.promise;
  const openingUs = cpuUs(opening);
  // Those that began at once waited for each other, and then the engine compiles what they run.
  await sleep(settleSeconds * 1_000);
  latencies = [];
  const steady = process.cpuUsage();
  await sleep(seconds * 1_000);
  const steadyUs = cpuUs(steady);
  const sorted = latencies.toSorted((left, right) => left - right);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  await fetch(`${origin}/end`);
  await Promise.all(reading);
  return {
    p50Us: at(0.5),
    p99Us: at(0.99),
    cpuUsPerEvent: steadyUs / sorted.length,
    openingUsPerStream: openingUs / streams,
  };
};

// What the first requests load and compile is no cost of the others. One stays, or its code goes with the collection.
for (const read of names.map(readOf)) {
  for (let count = 0; count < 50; count += 1) await read(`${origin}/100/0`, () => {});
  if (warmUpRounds === 0) {
    for (let count = 0; count < 1_000; count += 1) await read(`${origin}/2/0`, () => {});
    void read(`${origin}/100000/1`, () => {});
  }
  await read(`${origin}/2/0`, () => {});
}
const costs = new Map<string, StreamsCost[]>(names.map((name) => [name, []]));
for (let round = -warmUpRounds; round < rounds; round += 1) {
  const order = round % 2 === 0 ? names : names.toReversed();
  for (const name of order) {
    const cost = await readOnce(readOf(name));
    if (round >= 0) costs.get(name)?.push(cost);
  }
}
console.log(JSON.stringify(Object.fromEntries(costs)));
process.exit();
