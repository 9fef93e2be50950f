import { fileURLToPath } from 'node:url';
import type { Goal } from '../measure/goal.ts';
import { median } from '../measure/interleave.ts';
import { measureApart } from '../measure/measure-apart.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { bare, contestants, forgetting, genaiName, keeping, own, subscriber } from './socket-contestants.ts';

/** The cost of a number of concurrent streams. */
export interface StreamsCost {
  /** From the server's write to the event in hand, in microseconds. */
  readonly p50Us: number;
  readonly p99Us: number;
  /** While all of them run. */
  readonly cpuUsPerEvent: number;
  /** From the call until all have had their first event. */
  readonly openingUsPerStream: number;
  /** The live heap (`heapUsed` and `external`), if the load collects. */
  readonly heapBytes: number;
  /** Resident memory, if the load collects. It includes free memory that the engine keeps. */
  readonly residentBytes: number;
}

/** So many streams of one contestant, for so long. */
export interface StreamsLoad {
  readonly name: string;
  readonly origin: string;
  readonly streams: number;
  readonly perSecond: number;
  /** From the first events until what is measured. */
  readonly settleSeconds: number;
  readonly seconds: number;
  /**
   * Whether garbage is collected in front of the streams and behind them. A collection that finds no tick waiting throws
   * away the shapes of Node's `process.nextTick`, which is slow from then on: an eighth of all instructions, for whichever
   * client it hits. So runs that measure time do not collect; the collections of a busy program find ticks waiting.
   */
  readonly collect: boolean;
}

// Less than a second and a half after 1,000 streams have begun, a collection of their start falls into some runs only.
const lasting = (isQuick: boolean): Pick<StreamsLoad, 'settleSeconds' | 'seconds'> =>
  isQuick ? { settleSeconds: 1.5, seconds: 1 } : { settleSeconds: 1.5, seconds: 2 };

const program = fileURLToPath(new URL('read-streams.ts', import.meta.url));

const costOf = (load: StreamsLoad): Promise<StreamsCost> => measureApart(program, load);

type Costs = ReadonlyMap<string, readonly StreamsCost[]>;

/** Measures the names in turn, each as often as given: only figures of one round may be compared. */
const costsOf = async (rounds: ReadonlyMap<string, number>, load: Omit<StreamsLoad, 'name'>): Promise<Costs> => {
  const costs = new Map<string, StreamsCost[]>([...rounds.keys()].map((name) => [name, []]));
  for (let round = 0; round < Math.max(...rounds.values()); round += 1) {
    for (const [name, count] of rounds) if (round < count) costs.get(name)?.push(await costOf({ ...load, name }));
  }
  return costs;
};

const each = (names: readonly string[], rounds: number): Map<string, number> =>
  new Map(names.map((name) => [name, rounds]));

const middle = (costs: Costs, name: string, what: keyof StreamsCost): number =>
  median((costs.get(name) ?? []).map((cost) => cost[what]));
const timesBare = (costs: Costs, name: string, what: keyof StreamsCost): number =>
  median((costs.get(name) ?? []).map((cost, round) => cost[what] / (costs.get(bare)?.[round]?.[what] ?? Number.NaN)));

const measurePace = async (origin: string, isQuick: boolean): Promise<Goal[]> => {
  const goals: Goal[] = [];
  for (const [streams, perSecond, rounds] of [
    [100, 20, 3],
    [1_000, 5, 5],
  ] as const) {
    const load = { origin, streams, perSecond, ...lasting(isQuick), collect: false };
    // A process may be a third slower than the next that runs the same: more rounds of the two that the goals compare.
    const asked = each([bare, subscriber], isQuick ? 1 : rounds);
    const others = isQuick ? [] : Object.keys(contestants).filter((name) => !asked.has(name));
    const costs = await costsOf(new Map([...asked, ...each(others, 1)]), load);
    printTable(
      `${streams} streams of ${perSecond} events a second`,
      ['client', 'p50 us', 'p99 us', 'CPU us an event', 'x bare', 'CPU us to begin a stream', 'x bare'],
      [...costs.keys()].map((name) => [
        name,
        ...[
          middle(costs, name, 'p50Us'),
          middle(costs, name, 'p99Us'),
          middle(costs, name, 'cpuUsPerEvent'),
          timesBare(costs, name, 'cpuUsPerEvent'),
          middle(costs, name, 'openingUsPerStream'),
          timesBare(costs, name, 'openingUsPerStream'),
        ].map(formatNumber),
      ]),
    );
    if (streams === 100) {
      const above = (name: string): number => middle(costs, name, 'p50Us') - middle(costs, bare, 'p50Us');
      const peer = costs.has(genaiName) ? { peer: { name: genaiName, measured: above(genaiName) } } : {};
      goals.push({ what: '100 streams, p50 above bare, us', measured: above(subscriber), most: 80, ...peer });
    } else {
      const ratio = (name: string): number => timesBare(costs, name, 'cpuUsPerEvent');
      const peer = costs.has(genaiName) ? { peer: { name: genaiName, measured: ratio(genaiName) } } : {};
      const what = '1,000 streams, CPU of an event x bare';
      goals.push({ what, measured: ratio(subscriber), most: 1.25, stretch: 1.1, ...peer });
    }
  }
  return goals;
};

/**
 * Measures the memory of one more stream: the difference between many and few, because a process has memory of its own. Our
 * client keeps the answer. A bare client that keeps its text too, and one of ours that keeps nothing, show that share.
 */
const measureMemory = async (origin: string, isQuick: boolean): Promise<Goal[]> => {
  const [few, many] = isQuick ? [100, 300] : [500, 1_500];
  const load = { origin, perSecond: 5, ...lasting(isQuick), collect: true };
  const compared = isQuick ? [bare, subscriber] : own;
  const asked = new Map([...each(compared, 1), ...(isQuick ? [] : each([bare, subscriber, keeping, forgetting], 3))]);
  const fewCosts = await costsOf(asked, { ...load, streams: few });
  const manyCosts = await costsOf(asked, { ...load, streams: many });
  const kibibytes = (name: string, what: 'heapBytes' | 'residentBytes'): number =>
    (middle(manyCosts, name, what) - middle(fewCosts, name, what)) / (many - few) / 1_024;
  const times = (what: 'heapBytes' | 'residentBytes', base: string, name = subscriber): number =>
    kibibytes(name, what) / kibibytes(base, what);
  printTable(
    `One more stream between ${few} and ${many}, after ${5 * (load.settleSeconds + load.seconds)} events`,
    ['client', 'resident KiB', 'x bare', 'live KiB', 'x bare'],
    compared.map((name) => [
      name,
      ...[
        kibibytes(name, 'residentBytes'),
        times('residentBytes', bare, name),
        kibibytes(name, 'heapBytes'),
        times('heapBytes', bare, name),
      ].map(formatNumber),
    ]),
  );
  const goal = {
    what: `a stream of ${many}, resident x bare`,
    measured: times('residentBytes', bare),
    most: 1.25,
    stretch: 1.1,
  };
  if (isQuick) return [goal];
  return [
    goal,
    { what: 'the same x bare that keeps its text', measured: times('residentBytes', keeping), most: 1.25 },
    { what: 'one that keeps nothing, x bare', measured: times('residentBytes', bare, forgetting), most: 1.25 },
  ];
};

/** Many streams at a human pace: latency, CPU and memory. */
export const measureStreams = async (origin: string, isQuick: boolean): Promise<Goal[]> => [
  ...(await measurePace(origin, isQuick)),
  ...(await measureMemory(origin, isQuick)),
];
