import { median } from '../measure/interleave.ts';
import { type FetchName, readerOver } from './contestants.ts';
import type { FloodCost, FloodLoad } from './measure-flood.ts';

/**
 * Reads the floods that its argument names over both fetches in turn, and prints the microseconds of CPU that an event took.
 * Both in one process: two processes that run the same may differ by a third.
 */
const { name, origin, events, perWrite, pairs } = JSON.parse(process.argv[2] ?? '') as FloodLoad;
const warmUpPairs = 3;

const readOnce = async (fetch: FetchName): Promise<number> => {
  let came = 0;
  const before = process.cpuUsage();
  await readerOver(name, fetch)(`${origin}/${events}/0/${perWrite}`, () => void (came += 1));
  const { user, system } = process.cpuUsage(before);
  if (came < events) throw new Error(`${name} came to ${came} events instead of ${events}.`);
  return (user + system) / events;
};

const costs = { host: [] as number[], ours: [] as number[] };
for (let pair = -warmUpPairs; pair < pairs; pair += 1) {
  const order: readonly FetchName[] = pair % 2 === 0 ? ['host', 'ours'] : ['ours', 'host'];
  for (const fetch of order) {
    const cost = await readOnce(fetch);
    if (pair >= 0) costs[fetch].push(cost);
  }
}
const ratio = median(costs.ours.map((cost, pair) => cost / (costs.host[pair] ?? Number.NaN)));
console.log(JSON.stringify({ hostUs: median(costs.host), oursUs: median(costs.ours), ratio } satisfies FloodCost));
process.exit();
