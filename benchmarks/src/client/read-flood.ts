import { median } from '../measure/interleave.ts';
import type { FloodLoad } from './measure-flood.ts';
import { contestants } from './socket-contestants.ts';

/** Reads the floods that its argument names, and prints the microseconds of CPU that an event took. */
const { name, origin, events } = JSON.parse(process.argv[2] ?? '') as FloodLoad;
const read = contestants[name];
if (read === undefined) throw new Error(`expected one of ${Object.keys(contestants).join(', ')}, got ${name}`);

const rounds = 3;
// The engine compiles while the first events are read, and again when it has guessed wrong: a second or two in all.
const warmUpEvents = 60_000;

const readOnce = async (): Promise<number> => {
  let came = 0;
  const before = process.cpuUsage();
  await read(`${origin}/${events}/0`, () => void (came += 1));
  const { user, system } = process.cpuUsage(before);
  if (came < events) throw new Error(`${name} came to ${came} events instead of ${events}.`);
  return (user + system) / events;
};

for (let count = 0; count < warmUpEvents; count += events) await readOnce();
const costs: number[] = [];
for (let round = 0; round < rounds; round += 1) costs.push(await readOnce());
console.log(JSON.stringify(median(costs)));
process.exit();
