import './install.ts';
const { Episode } = await import('./episode.ts');
const { makePlan } = await import('./make-plan.ts');
const from = Number(process.argv[2] ?? 1), count = Number(process.argv[3] ?? 1), trace = process.argv[4] === 'trace';
process.on('unhandledRejection', (e) => console.log('UNHANDLED', e));
const t0 = process.hrtime.bigint();
let ms = 0, tasks=0, streams=0;
const outcomes: Record<string, number> = {};
for (let seed = from; seed < from + count; seed++) {
  const r = await new Episode(makePlan(seed), trace ? (l) => console.log(l) : undefined).run();
  ms += r.counts.streamMs; tasks += r.counts.tasks; streams += r.counts.streams;
  for (const [k, v] of Object.entries(r.counts.outcomes)) outcomes[k] = (outcomes[k] ?? 0) + v;
  if (r.violations.length || count < 5) console.log(seed, r.hash, JSON.stringify(r.counts), r.violations.slice(0, 3));
}
const s = Number(process.hrtime.bigint() - t0) / 1e9;
console.log({ seconds: s, streamHours: ms / 3.6e6, perMinute: ms / 3.6e6 / s * 60, tasks, tasksPerS: tasks / s, streams, outcomes });
