import type { Goal } from '../measure/goal.ts';
import { judgeGoals } from '../measure/judge-goals.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { byCallback, byIterator } from './fan-out.ts';
import { measureFanOut } from './measure-fan-out.ts';
import { endedStreamsGrowth, idleSubscriberBytes, stalledSubscriberBytes } from './measure-memory.ts';

const goals: Goal[] = [];

// Before anything else has grown the heap.
const idle = idleSubscriberBytes(10_000);
const stalled = [];
for (const count of [500, 1_000]) stalled.push({ count, ...(await stalledSubscriberBytes(count, 2_000)) });
const ended = [];
for (const count of [5_000, 10_000]) ended.push({ count, bytes: await endedStreamsGrowth(count) });

const perSubscriber = (us: number, subscribers: number): string => formatNumber((us * 1_000) / subscribers);

const callbackRows: string[][] = [];
for (const subscribers of [1, 100, 1_000, 10_000]) {
  const events = Math.min(20_000, 1_000_000 / subscribers);
  const cost = await measureFanOut(byCallback, { subscribers, events, rounds: 9, isSynchronous: true });
  const us = cost.us('manager');
  const ratio = cost.ratio('manager', 'EventEmitter');
  callbackRows.push([
    String(subscribers),
    ...[us, cost.us('EventEmitter'), ratio].map(formatNumber),
    perSubscriber(us, subscribers),
  ]);
  const what = `${subscribers} callbacks, times EventEmitter`;
  if (subscribers === 1_000) goals.push({ what, measured: ratio, most: 1, stretch: 0.9 });
  if (subscribers === 10_000) goals.push({ what, measured: ratio, most: 0.8, stretch: 0.7 });
}

const iteratorRows: string[][] = [];
for (const subscribers of [1, 100, 1_000, 10_000]) {
  const events = Math.min(2_000, 100_000 / subscribers);
  // A thousand branches of tee are as many as one wants to wait for.
  const { tee, ...others } = byIterator;
  const contenders = subscribers <= 1_000 && tee !== undefined ? { ...others, tee } : others;
  const rounds = subscribers < 1_000 ? 7 : 3;
  const cost = await measureFanOut(contenders, { subscribers, events, rounds, isSynchronous: false });
  const shown = ['manager', 'queues', 'tee'].map((name) => (name in contenders ? formatNumber(cost.us(name)) : '–'));
  iteratorRows.push([String(subscribers), ...shown, perSubscriber(cost.us('manager'), subscribers)]);
}

printTable(
  'By callback: us an event, in the turn of the push',
  ['subscribers', 'manager', 'EventEmitter', 'ratio', 'ns a subscriber'],
  callbackRows,
);
printTable(
  'By iterator: us an event, until all have it',
  ['subscribers', 'manager', 'queues', 'tee', 'ns a subscriber'],
  iteratorRows,
);
printTable('An idle subscriber, bytes', Object.keys(idle), [Object.values(idle).map(formatNumber)]);
printTable(
  'Stalled subscribers after 2,000 events, KiB above one of them',
  ['subscribers', 'manager', 'queues'],
  stalled.map(({ count, manager, queues }) => [
    String(count),
    ...[manager, queues].map((bytes) => formatNumber(bytes / 1_024)),
  ]),
);
printTable(
  'Streams started, followed and ended',
  ['streams', 'heap growth, KiB'],
  ended.map(({ count, bytes }) => [String(count), formatNumber(bytes / 1_024)]),
);

goals.push(
  { what: 'idle callback, bytes', measured: idle.callback, most: 205 },
  {
    what: 'idle iterator, bytes',
    measured: idle.iterator,
    most: 1_024,
    peer: { name: 'ReadableStream', measured: idle.ReadableStream },
  },
  {
    what: '1,000 stalled subscribers, MB above one',
    measured: (stalled.at(-1)?.manager ?? Number.NaN) / 1e6,
    most: 0.2,
    peer: { name: 'a queue each', measured: (stalled.at(-1)?.queues ?? Number.NaN) / 1e6 },
  },
  { what: '10,000 streams ended, MB of heap growth', measured: (ended.at(-1)?.bytes ?? Number.NaN) / 1e6, most: 0.25 },
);
judgeGoals(goals);
