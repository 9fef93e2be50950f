import { createEmulator, type Emulator, type Scenario, scenarios } from '@gemini/emulator';
import type { ServerAnswer, ServerOrder, ServerReport } from './chaos-server.ts';

const chaos = scenarios.find(({ name }) => name === 'chaos')?.steps ?? [];
const handovers = scenarios
  .filter(({ name }) => /^(?:continuation|checkpoint)/u.test(name))
  .flatMap(({ steps }) => steps);

/** Half of the requests are answered without a fault, and many answers continue in another request. */
const scenario: Scenario = {
  name: 'soak',
  description: 'Chaos, with more handovers.',
  pick: 'by-seed',
  steps: [...chaos, ...Array.from({ length: 4 }, () => handovers).flat()],
};
const pace = { timeToFirstTokenMs: 20, tokensPerSecond: 300, jitter: 0.5, burst: 8 };

let emulator: Emulator | undefined;
const totals = { requestsCount: 0, leftCount: 0, faults: new Map<string, number>() };

const count = (requests: Emulator['requests'], { faults, ...counts }: typeof totals): typeof totals => {
  const counted = new Map(faults);
  for (const request of requests) {
    counts.requestsCount += 1;
    if (request.closedBy === 'client') counts.leftCount += 1;
    for (const { type } of request.faults ?? []) counted.set(type, (counted.get(type) ?? 0) + 1);
  }
  return { ...counts, faults: counted };
};

async function start(seed: number, port: number): Promise<ServerAnswer> {
  if (emulator !== undefined) {
    await emulator.close();
    Object.assign(totals, count(emulator.requests, totals));
  }
  emulator = await createEmulator({ scenario, seed, port, pace });
  return { type: 'listening', url: emulator.url };
}

function report(): ServerReport {
  const requests = emulator?.requests ?? [];
  const { faults, ...counts } = count(requests, totals);
  const openCount = requests.filter(({ closedAt }) => closedAt === undefined).length;
  return { type: 'report', openCount, ...counts, faults: Object.fromEntries(faults) };
}

const carryOut = async (order: ServerOrder): Promise<void> => {
  process.send?.(order.type === 'start' ? await start(order.seed, order.port) : report());
};
process.on('message', (order: ServerOrder) => void carryOut(order));
// The parent is gone, or done.
process.on('disconnect', () => process.exit());
