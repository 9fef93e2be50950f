import { spawnSync } from 'node:child_process';
import type { Goal } from '../measure/goal.ts';
import { median } from '../measure/interleave.ts';
import { judgeGoals } from '../measure/judge-goals.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { type ContestantName, contestantNames } from './contestants.ts';
import { measureNodes, type SharedCost } from './measure-nodes.ts';

const isQuick = process.argv.includes('--quick');
const lasting = { settleSeconds: 2, seconds: 2 };

type Figure = keyof SharedCost;
const figures: readonly (readonly [Figure, string])[] = [
  ['p50Us', 'p50, us'],
  ['producerUsPerEvent', 'producer, CPU us an event'],
  ['followerUsPerDelivery', 'follower, CPU us a delivery'],
  ['redisUsPerEvent', 'Redis, CPU us an event'],
  ['redisBytesOutPerEvent', 'bytes out of Redis an event'],
  ['delivered', 'share of what was due'],
];

/** Measures both in turns, and returns the median of each figure. */
async function measure(load: { streams: number; readers: number; perSecond: number }, rounds = 1) {
  const costs: Record<ContestantName, SharedCost[]> = { ours: [], 'resumable-stream': [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const name of contestantNames) costs[name].push(await measureNodes(name, { ...load, ...lasting }));
  }
  const middle = (name: ContestantName, figure: Figure): number => median(costs[name].map((cost) => cost[figure]));
  printTable(
    `${load.streams} streams x ${load.readers} readers on another node, ${load.streams * load.perSecond} events a second`,
    ['figure', ...contestantNames],
    figures.map(([figure, title]) => [title, ...contestantNames.map((name) => formatNumber(middle(name, figure)))]),
  );
  return (figure: Figure): number => middle('ours', figure) / middle('resumable-stream', figure);
}

if (spawnSync('redis-server', ['--version']).status === 0) {
  const goals: Goal[] = [];
  const many = await measure({ streams: 1_000, readers: 10, perSecond: 5 }, isQuick ? 1 : 2);
  const times = 'times resumable-stream';
  goals.push(
    { what: `1,000 x 10, p50, ${times}`, measured: many('p50Us'), most: 0.05 },
    { what: `1,000 x 10, CPU of the producer, ${times}`, measured: many('producerUsPerEvent'), most: 0.6 },
    { what: `1,000 x 10, CPU of the follower, ${times}`, measured: many('followerUsPerDelivery'), most: 0.3 },
    { what: `1,000 x 10, CPU of Redis, ${times}`, measured: many('redisUsPerEvent'), most: 1.2 },
  );
  // Twice as fast, one process of the incumbent has more to do than a core can: its delay grows with time.
  const twice = await measure({ streams: 1_000, readers: 10, perSecond: 10 });
  goals.push({ what: `1,000 x 10 twice as fast, p50, ${times}`, measured: twice('p50Us'), most: 0.05 });
  const few = await measure({ streams: 100, readers: 1, perSecond: 20 });
  goals.push(
    { what: `100 x 1, p50, ${times}`, measured: few('p50Us'), most: 2 },
    { what: `100 x 1, CPU of Redis, ${times}`, measured: few('redisUsPerEvent'), most: 3 },
  );
  judgeGoals(goals);
} else console.log('This benchmark needs redis-server, which is not installed: nothing was measured.');
