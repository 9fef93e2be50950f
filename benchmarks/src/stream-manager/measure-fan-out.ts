import { setImmediate as turn } from 'node:timers/promises';
import type { CreateFanOut } from './fan-out.ts';

/** Microseconds an event costs each contender; the median of rounds in which they take turns. */
export async function measureFanOut(
  contenders: Record<string, CreateFanOut>,
  subscribers: number,
  events: number,
  rounds: number,
  isSynchronous: boolean,
): Promise<Record<string, number>> {
  const costs: Record<string, number[]> = {};
  for (let round = 0; round <= rounds; round++) {
    for (const [name, create] of Object.entries(contenders)) {
      const cost = await measureOnce(create, subscribers, events, isSynchronous);
      // The first round warms up.
      if (round > 0) (costs[name] ??= []).push(cost);
    }
  }
  return Object.fromEntries(Object.entries(costs).map(([name, values]) => [name, medianOf(values)]));
}

async function measureOnce(
  create: CreateFanOut,
  subscribers: number,
  events: number,
  isSynchronous: boolean,
): Promise<number> {
  const fanOut = create(subscribers);
  await turn();
  const startedAt = process.hrtime.bigint();
  for (let index = 0; index < events; index++) {
    fanOut.push({ index });
    if (!isSynchronous) while (fanOut.delivered() < (index + 1) * subscribers) await turn();
  }
  const elapsedUs = Number(process.hrtime.bigint() - startedAt) / 1_000;
  if (fanOut.delivered() !== events * subscribers) throw new Error('events were lost on the way');
  fanOut.close();
  await turn();
  return elapsedUs / events;
}

export const medianOf = (values: number[]): number =>
  values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
