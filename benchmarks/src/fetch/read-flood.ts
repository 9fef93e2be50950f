import { median } from '../measure/interleave.ts';
import { readerOver } from './contestants.ts';
import type { FloodLoad } from './measure-flood.ts';

/** Reads the floods that its argument names, and prints the microseconds of CPU that an event took. */
const { name, fetch, origin, events, perWrite } = JSON.parse(process.argv[2] ?? '') as FloodLoad;
const read = readerOver(name, fetch);
const rounds = 3;
const warmUpEvents = 30_000;

const readOnce = async (): Promise<number> => {
  let came = 0;
  const before = process.cpuUsage();
  await read(`${origin}/${events}/0/${perWrite}`, () => void (came += 1));
  const { user, system } = process.cpuUsage(before);
  if (came < events) throw new Error(`${name} came to ${came} events instead of ${events}.`);
  return (user + system) / events;
};

for (let count = 0; count < warmUpEvents; count += events) await readOnce();
const costs: number[] = [];
for (let round = 0; round < rounds; round += 1) costs.push(await readOnce());
console.log(JSON.stringify(median(costs)));
process.exit();
