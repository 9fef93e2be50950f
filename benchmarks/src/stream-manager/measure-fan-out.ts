import { setImmediate as turn } from 'node:timers/promises';
import { interleave, medianMs, medianRatio, type Contestant } from '../measure/interleave.ts';
import type { CreateFanOut, FanOut } from './fan-out.ts';

/** The cost of an event: microseconds by contender, and the ratio of each to the first. */
export interface FanOutCost {
  us(name: string): number;
  ratio(name: string, base: string): number;
}

export interface FanOutLoad {
  readonly subscribers: number;
  readonly events: number;
  readonly rounds: number;
  /** Whether everyone has an event when `push` returns. */
  readonly isSynchronous: boolean;
}

/** Pushes events into each contender, round by round; a contender that delivers fewer than all of them fails. */
export async function measureFanOut(
  contenders: Readonly<Record<string, CreateFanOut>>,
  { subscribers, events, rounds, isSynchronous }: FanOutLoad,
): Promise<FanOutCost> {
  const fanOuts: FanOut[] = [];
  const contestants: Contestant[] = Object.entries(contenders).map(([name, create]) => {
    const fanOut = create(subscribers);
    fanOuts.push(fanOut);
    return {
      name,
      run: () => (isSynchronous ? pushAll(fanOut, events) : pushInTurns(fanOut, events, subscribers)),
    };
  });
  await turn();
  const expected = events * subscribers;
  const timings = await interleave(contestants, { rounds, warmUpRounds: 2, expected, collect: false });
  for (const fanOut of fanOuts) fanOut.close();
  await turn();
  return {
    us: (name) => (medianMs(timings, name) * 1_000) / events,
    ratio: (name, base) => medianRatio(timings, name, base),
  };
}

function pushAll(fanOut: FanOut, events: number): number {
  const before = fanOut.delivered();
  for (let index = 0; index < events; index++) fanOut.push({ index });
  return fanOut.delivered() - before;
}

/** Waits after each event until all subscribers have it, as a model paces its tokens. */
async function pushInTurns(fanOut: FanOut, events: number, subscribers: number): Promise<number> {
  const before = fanOut.delivered();
  for (let index = 0; index < events; index++) {
    fanOut.push({ index });
    while (fanOut.delivered() - before < (index + 1) * subscribers) await turn();
  }
  return fanOut.delivered() - before;
}
