import { fileURLToPath } from 'node:url';
import type { Goal } from '../measure/goal.ts';
import { median } from '../measure/interleave.ts';
import { measureApart } from '../measure/measure-apart.ts';
import { heldPerStream, measureHeld } from '../measure/measure-held.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { genaiName, iterator, raw, sameJob, subscriber } from './socket-contestants.ts';

/** The cost of a number of concurrent streams. */
export interface StreamsCost {
  /** From the server's write to the event in hand, in microseconds. */
  readonly p50Us: number;
  readonly p99Us: number;
  /** While all of them run. */
  readonly cpuUsPerEvent: number;
  /** From the call until all have had their first event. */
  readonly openingUsPerStream: number;
}

/** So many streams of each contestant in turn, for so long. */
export interface StreamsLoad {
  readonly names: readonly string[];
  readonly origin: string;
  readonly streams: number;
  readonly perSecond: number;
  /** From the first events until what is measured. */
  readonly settleSeconds: number;
  readonly seconds: number;
  readonly rounds: number;
  /** Rounds before those that count. Without one, each contestant keeps a stream while it is measured. */
  readonly warmUpRounds: number;
}

// Every stream has had an event before, also at one in two seconds.
const scaleLoad = { names: [subscriber], settleSeconds: 1, seconds: 2, rounds: 1, warmUpRounds: 0 };

/** Each pace, with the contestant that ours is compared with, and the times of a round. */
const paces = [
  { streams: 100, perSecond: 20, base: raw, others: [sameJob, genaiName], rounds: 5, settleSeconds: 0.8, seconds: 1 },
  // Less than a second after 1,000 streams have begun, a collection of their start falls into some runs only.
  {
    streams: 1_000,
    perSecond: 5,
    base: sameJob,
    others: [iterator, genaiName],
    rounds: 7,
    settleSeconds: 1,
    seconds: 1,
  },
] as const;

const program = fileURLToPath(new URL('read-streams.ts', import.meta.url));
const holding = fileURLToPath(new URL('hold-streams.ts', import.meta.url));

type Costs = ReadonlyMap<string, readonly StreamsCost[]>;

const costsOf = async (load: StreamsLoad): Promise<Costs> =>
  new Map(Object.entries(await measureApart<Record<string, StreamsCost[]>>(program, load)));

type Figure = keyof StreamsCost;

const middle = (costs: Costs, name: string, what: Figure): number =>
  median((costs.get(name) ?? []).map((cost) => cost[what]));
const times = (costs: Costs, name: string, base: string, what: Figure): number =>
  median((costs.get(name) ?? []).map((cost, round) => cost[what] / (costs.get(base)?.[round]?.[what] ?? Number.NaN)));

const measurePace = async (origin: string, isQuick: boolean): Promise<Goal[]> => {
  const goals: Goal[] = [];
  for (const { streams, perSecond, base, others, rounds, ...lasting } of paces) {
    const load = { origin, streams, perSecond, ...(isQuick ? { settleSeconds: 0.5, seconds: 0.5 } : lasting) };
    // In one process by turns, those that the goals compare: a process may be a third slower than the next that runs the same.
    const compared = { ...load, names: [base, subscriber], rounds: isQuick ? 1 : rounds, warmUpRounds: 1 };
    const costs = new Map(await costsOf(compared));
    for (const name of isQuick ? [] : others) {
      const alone = await costsOf({ ...load, names: [name], rounds: 1, warmUpRounds: 0 });
      for (const [key, cost] of alone) costs.set(key, cost);
    }
    printTable(
      `${streams} streams of ${perSecond} events a second`,
      ['client', 'p50 us', 'p99 us', 'CPU us an event', 'x the same job', 'CPU us to begin a stream', 'x the same job'],
      [...costs.keys()].map((name) => [
        name,
        ...[
          middle(costs, name, 'p50Us'),
          middle(costs, name, 'p99Us'),
          middle(costs, name, 'cpuUsPerEvent'),
          times(costs, name, sameJob, 'cpuUsPerEvent'),
          middle(costs, name, 'openingUsPerStream'),
          times(costs, name, sameJob, 'openingUsPerStream'),
        ].map(formatNumber),
      ]),
    );
    const peerOf = (measure: (name: string) => number) =>
      costs.has(genaiName) ? { peer: { name: genaiName, measured: measure(genaiName) } } : {};
    if (streams === 100) {
      const above = (name: string): number =>
        median(
          (costs.get(name) ?? []).map(({ p50Us }, round) => p50Us - (costs.get(raw)?.[round]?.p50Us ?? Number.NaN)),
        );
      const tail = (name: string): number => times(costs, name, raw, 'p99Us');
      goals.push(
        {
          what: '100 streams, p50 above raw, us',
          measured: above(subscriber),
          most: 60,
          stretch: 40,
          ...peerOf(above),
        },
        { what: '100 streams, p99 x raw', measured: tail(subscriber), most: 3, ...peerOf(tail) },
      );
    } else {
      const ratio = (name: string): number => times(costs, name, sameJob, 'cpuUsPerEvent');
      const what = '1,000 streams, CPU of an event x the same job';
      goals.push({ what, measured: ratio(subscriber), most: 1.3, stretch: 1.15, ...peerOf(ratio) });
    }
  }
  return goals;
};

/** 5,000 events a second in three shapes: the cost of an event may not depend on the number of streams that bring it. */
const measureScale = async (origin: string): Promise<Goal[]> => {
  const shapes = [
    { streams: 1_000, perSecond: 5 },
    { streams: 5_000, perSecond: 1 },
    { streams: 10_000, perSecond: 0.5 },
  ];
  const rows: { name: string; cpuUs: number; kibibytes: number; openingUs: number }[] = [];
  for (const { streams, perSecond } of shapes) {
    const costs = await costsOf({ ...scaleLoad, origin, streams, perSecond });
    // In a process of its own: the young generation of the one above grows with what it has thrown away. The second half
    // of the streams, with as many events each: those of five a second would have kept the most, and the first half brings
    // memory that the others use too.
    const held = await measureHeld(holding, {
      name: subscriber,
      origin,
      steps: [streams / 2, streams],
      perSecond: 2,
      eventsEach: 3,
    });
    rows.push({
      name: `${streams} x ${perSecond}`,
      cpuUs: middle(costs, subscriber, 'cpuUsPerEvent'),
      kibibytes: heldPerStream([held]).residentKibibytes,
      openingUs: middle(costs, subscriber, 'openingUsPerStream'),
    });
  }
  printTable(
    '5,000 events a second in one process',
    ['streams x events a second', 'CPU us an event', 'resident KiB a stream', 'CPU us to begin a stream'],
    rows.map(({ name, cpuUs, kibibytes, openingUs }) => [name, ...[cpuUs, kibibytes, openingUs].map(formatNumber)]),
  );
  const spread = (values: readonly number[]): number => Math.max(...values) / Math.min(...values);
  return [
    {
      what: '5,000 events/s in three shapes, CPU of an event, most / least',
      measured: spread(rows.map(({ cpuUs }) => cpuUs)),
      most: 1.2,
    },
    {
      what: 'the same, resident memory of a stream',
      measured: spread(rows.map(({ kibibytes }) => kibibytes)),
      most: 1.2,
    },
    { what: 'the same, CPU to begin a stream', measured: spread(rows.map(({ openingUs }) => openingUs)), most: 1.2 },
  ];
};

/** Many streams at a human pace: latency, CPU, and the number of streams. */
export const measureStreams = async (origin: string, isQuick: boolean): Promise<Goal[]> => [
  ...(await measurePace(origin, isQuick)),
  ...(isQuick ? [] : await measureScale(origin)),
];
