import type { MeasuredRun } from './measured-run.ts';

/** The axis's end for runs that are to be compared: the last moment of any of them, in milliseconds. */
export function untilMsOf(runs: readonly MeasuredRun[]): number {
  return Math.max(0, ...runs.map(({ events }) => events.at(-1)?.arrivedMs ?? 0));
}

/** The step between an axis's marks: 1, 2 or 5 times a power of ten, so that there are at most so many steps. */
export function niceStepMs(untilMs: number, most: number): number {
  if (untilMs <= 0) return 0;
  const least = untilMs / most;
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((factor) => factor * power >= least) ?? 10) * power;
}

/** A time on an axis: `250 ms`, `1.5 s`. */
export function axisLabel(ms: number): string {
  if (ms === 0) return '0';
  return ms < 1_000 ? `${Number(ms.toPrecision(3))} ms` : `${Number((ms / 1_000).toFixed(2))} s`;
}
