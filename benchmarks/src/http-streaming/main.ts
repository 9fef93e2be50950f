import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Goal } from '../measure/goal.ts';
import { median } from '../measure/interleave.ts';
import { judgeGoals } from '../measure/judge-goals.ts';
import { heldPerStream, measureHeld, type StreamsHeld } from '../measure/measure-held.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { contestants } from './contestants.ts';
import { coldFirstEventMs, warmFirstEventMs } from './measure-first-event.ts';
import { costRatio, measureFlood, medianCost } from './measure-flood.ts';
import { measureStreams, type StreamsCost } from './measure-streams.ts';

/** `--quick` takes a few seconds: enough to see that all runs, too short for figures to rely on. */
const isQuick = process.argv.includes('--quick');
const rounds = isQuick ? 1 : 2;
const names = Object.keys(contestants);
const consume = 'http-streaming, consume';
const genai = '@google/genai';
const goals: Goal[] = [];

const server = spawn(process.execPath, [fileURLToPath(new URL('../measure/event-server.ts', import.meta.url))], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [ready] = (await once(server.stdout, 'data')) as [Buffer];
const origin = ready.toString().trim();

try {
  for (const perWrite of [1, 20]) {
    for (const events of isQuick ? [2_000] : [10_000]) {
      const costs = await measureFlood(`${origin}/${events}/0/${perWrite}`, events, isQuick ? 2 : 5);
      printTable(
        `${events} events as fast as they are read, ${perWrite} a write: CPU`,
        ['client', 'us an event', 'times raw', 'times bare'],
        names.map((name) => [
          name,
          ...[medianCost(costs, name), costRatio(costs, name, 'raw socket'), costRatio(costs, name, 'bare')].map(
            formatNumber,
          ),
        ]),
      );
      const measured = costRatio(costs, consume, 'bare');
      const peer = { name: genai, measured: costRatio(costs, genai, 'bare') };
      const what = `flood of ${events}, ${perWrite} a write, CPU times bare`;
      goals.push({ what, measured, most: 1.2, stretch: 1, peer });
    }
  }

  // Rounds of the two that a goal compares: a process may be a third slower than the next that runs the same.
  const paces = [
    { streams: 100, perSecond: 20, rounds: 3, base: 'raw socket' },
    { streams: 1_000, perSecond: 5, rounds: 2, base: 'bare' },
  ];
  const compared = ['raw socket', 'bare', consume];
  // The others would take a quick run's whole minute, and a fifth of the time of a whole one.
  const paced = isQuick ? compared : [...compared, genai];
  for (const { streams, perSecond, rounds: most, base } of paces) {
    const lasting = isQuick
      ? { settleSeconds: 1, seconds: 0.5 }
      : { settleSeconds: streams < 1_000 ? 0.8 : 1.5, seconds: 1 };
    const costs = new Map<string, StreamsCost[]>();
    for (let round = 0; round < (isQuick ? 1 : most); round += 1) {
      for (const name of round === 0 ? paced : [base, consume]) {
        const cost = await measureStreams({ name, origin, streams, perSecond, ...lasting });
        costs.set(name, [...(costs.get(name) ?? []), cost]);
      }
    }
    const middle = (name: string, what: keyof StreamsCost): number =>
      median((costs.get(name) ?? []).map((cost) => cost[what]));
    const timesBase = (what: keyof StreamsCost, name = consume): number =>
      median(
        (costs.get(name) ?? []).map((cost, round) => cost[what] / (costs.get(base)?.[round]?.[what] ?? Number.NaN)),
      );
    const peerOf = (measure: (name: string) => number): Pick<Goal, 'peer'> =>
      costs.has(genai) ? { peer: { name: genai, measured: measure(genai) } } : {};
    printTable(
      `${streams} streams of ${perSecond} events a second`,
      ['client', 'p50 us', 'p99 us', 'CPU us an event'],
      [...costs.keys()].map((name) => [
        name,
        ...(['p50Us', 'p99Us', 'cpuUsPerEvent'] as const).map((what) => formatNumber(middle(name, what))),
      ]),
    );
    if (streams === 100) {
      const above = (name: string): number => middle(name, 'p50Us') - middle(base, 'p50Us');
      const p99 = (name: string): number => timesBase('p99Us', name);
      goals.push(
        { what: '100 streams, p50 above raw, us', measured: above(consume), most: 80, stretch: 60, ...peerOf(above) },
        { what: '100 streams, p99 times raw', measured: p99(consume), most: 3, ...peerOf(p99) },
      );
    }
    if (streams === 1_000) {
      const cpu = (name: string): number => timesBase('cpuUsPerEvent', name);
      const what = '1,000 streams, CPU times bare';
      goals.push({ what, measured: cpu(consume), most: 1.25, stretch: 1.1, ...peerOf(cpu) });
    }
  }

  const holder = fileURLToPath(new URL('hold-streams.ts', import.meta.url));
  const steps = isQuick ? [100, 300] : [500, 1_500];
  const held = new Map<string, (readonly StreamsHeld[])[]>(paced.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round === 0 ? paced : ['bare', consume]) {
      held.get(name)?.push(await measureHeld(holder, { name, origin, steps, perSecond: 5, eventsEach: 1 }));
    }
  }
  const perStream = new Map([...held].map(([name, runs]) => [name, heldPerStream(runs)]));
  const mebibytes = (runs: readonly (readonly StreamsHeld[])[], step: number): string =>
    formatNumber(median(runs.map((run) => (run[step]?.residentBytes ?? Number.NaN) / 1_024 ** 2)));
  printTable(
    `What is held of streams with one event each, from ${steps[0]} to ${steps[1]} of them`,
    ['client', ...[0, ...steps].map((streams) => `MiB at ${streams}`), 'resident KiB a stream', 'live KiB a stream'],
    [...held].map(([name, runs]) => {
      const { residentKibibytes = Number.NaN, liveKibibytes = Number.NaN } = perStream.get(name) ?? {};
      const each = [residentKibibytes, liveKibibytes].map(formatNumber);
      return [name, ...[0, 1, 2].map((step) => mebibytes(runs, step)), ...each];
    }),
  );
  const [bareHeld, oursHeld] = [perStream.get('bare'), perStream.get(consume)];
  if (bareHeld !== undefined && oursHeld !== undefined) {
    const genaiHeld = perStream.get(genai);
    for (const [kind, key] of [
      ['resident', 'residentKibibytes'],
      ['live', 'liveKibibytes'],
    ] as const) {
      const peer = genaiHeld && { peer: { name: genai, measured: genaiHeld[key] / bareHeld[key] } };
      const measured = oursHeld[key] / bareHeld[key];
      goals.push({ what: `a stream, ${kind} memory times bare`, measured, most: 1.25, stretch: 1.1, ...peer });
    }
  }

  const first = new Map<string, { readonly warmMs: number; readonly coldMs: number }>();
  for (const [name, read] of Object.entries(contestants)) {
    const warmMs = await warmFirstEventMs(read, origin, isQuick ? 20 : 200);
    first.set(name, { warmMs, coldMs: coldFirstEventMs(name, origin, 1) });
  }
  printTable(
    'The first event, ms from the call',
    ['client', 'warm', 'cold'],
    [...first].map(([name, { warmMs, coldMs }]) => [name, formatNumber(warmMs), formatNumber(coldMs)]),
  );
  const above = (name: string): number =>
    (first.get(name)?.warmMs ?? Number.NaN) - (first.get('bare')?.warmMs ?? Number.NaN);
  const peer = { name: genai, measured: above(genai) };
  goals.push({ what: 'first event warm, ms above bare', measured: above(consume), most: 0.5, peer });
  judgeGoals(goals);
} finally {
  server.kill();
}
process.exit();
