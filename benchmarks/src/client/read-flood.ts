import type { FloodLoad } from './measure-flood.ts';
import { contestants } from './socket-contestants.ts';

/** Reads the floods that its argument names, in turn, and prints the microseconds of CPU that an event took. */
const { names, origin, events, rounds, warmUpRounds } = JSON.parse(process.argv[2] ?? '') as FloodLoad;

const readOnce = async (name: string): Promise<number> => {
  const read = contestants[name];
  if (read === undefined) throw new Error(`expected one of ${Object.keys(contestants).join(', ')}, got ${name}`);
  let came = 0;
  const before = process.cpuUsage();
  await read(`${origin}/${events}/0`, () => void (came += 1));
  const { user, system } = process.cpuUsage(before);
  if (came < events) throw new Error(`${name} came to ${came} events instead of ${events}.`);
  return (user + system) / events;
};

const costs = new Map<string, number[]>(names.map((name) => [name, []]));
for (let round = -warmUpRounds; round < rounds; round += 1) {
  for (const name of round % 2 === 0 ? names : names.toReversed()) {
    const cost = await readOnce(name);
    if (round >= 0) costs.get(name)?.push(cost);
  }
}
console.log(JSON.stringify(Object.fromEntries(costs)));
process.exit();
