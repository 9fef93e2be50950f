import { byCallback, byIterator } from './fan-out.ts';
import { measureFanOut } from './measure-fan-out.ts';
import { endedStreamsGrowth, idleSubscriberBytes, stalledSubscriberBytes } from './measure-memory.ts';

interface Goal {
  readonly what: string;
  readonly measured: number;
  readonly atMost: number;
}

const ROUNDS = 7;
const goals: Goal[] = [];
const format = (value: number | undefined): string =>
  value === undefined ? '–' : value >= 100 ? value.toFixed(0) : value.toPrecision(3);

function table(title: string, heads: readonly string[], rows: readonly (readonly string[])[]): void {
  console.log(`\n${title}\n\n| ${heads.join(' | ')} |\n|${' --- |'.repeat(heads.length)}`);
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
}

// Before anything else has grown the heap.
const idle = idleSubscriberBytes(10_000);
const stalled = stalledSubscriberBytes(1_000, 2_000);
const growth = await endedStreamsGrowth(10_000);

const callbackRows: string[][] = [];
for (const subscribers of [1, 100, 1_000, 10_000]) {
  const events = Math.min(20_000, Math.ceil(1_000_000 / subscribers));
  const costs = await measureFanOut(byCallback, subscribers, events, ROUNDS, true);
  const ratio = (costs['manager'] ?? 0) / (costs['EventEmitter'] ?? 0);
  callbackRows.push([String(subscribers), format(costs['manager']), format(costs['EventEmitter']), format(ratio)]);
  const atMost = { 1_000: 1, 10_000: 0.8 }[subscribers];
  if (atMost !== undefined) goals.push({ what: `${subscribers} callbacks, x EventEmitter`, measured: ratio, atMost });
}

const iteratorRows: string[][] = [];
for (const subscribers of [1, 100, 1_000, 10_000]) {
  const events = Math.min(2_000, Math.ceil(100_000 / subscribers));
  // A thousand branches of tee are as many as one wants to wait for.
  const { tee, ...others } = byIterator;
  const contenders = subscribers <= 1_000 && tee !== undefined ? { ...others, tee } : others;
  const rounds = subscribers < 1_000 ? ROUNDS : 3;
  const costs = await measureFanOut(contenders, subscribers, events, rounds, false);
  iteratorRows.push([String(subscribers), ...['manager', 'queues', 'tee'].map((name) => format(costs[name]))]);
}

table('By callback, us an event', ['subscribers', 'manager', 'EventEmitter', 'ratio'], callbackRows);
table('By iterator, us an event', ['subscribers', 'manager', 'queues', 'tee'], iteratorRows);
table('Idle subscriber, bytes', Object.keys(idle), [Object.values(idle).map((bytes) => format(bytes))]);
table('1,000 stalled subscribers x 2,000 events, KiB above one subscriber', Object.keys(stalled), [
  Object.values(stalled).map((bytes) => format(bytes / 1_024)),
]);
table('10,000 streams started and ended', ['heap growth, KiB'], [[format(growth / 1_024)]]);

goals.push(
  { what: 'idle callback, bytes', measured: idle.callback, atMost: 205 },
  { what: 'idle iterator, bytes', measured: idle.iterator, atMost: 1_024 },
  { what: 'stalled subscribers, MB', measured: stalled.manager / 1e6, atMost: 0.2 },
  { what: '10,000 ended streams, KiB', measured: growth / 1_024, atMost: 256 },
);
table(
  'Goals',
  ['what', 'measured', 'at most', ''],
  goals.map(({ what, measured, atMost }) => [
    what,
    format(measured),
    String(atMost),
    measured <= atMost ? 'held' : 'MISSED',
  ]),
);
if (goals.some(({ measured, atMost }) => !(measured <= atMost))) process.exitCode = 1;
