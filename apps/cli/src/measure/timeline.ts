import type { MeasuredRun } from './measured-run.ts';

/** The size of a timeline. */
interface TimelineFrame {
  /** The most characters of a line. */
  readonly width: number;
  /** The time at the right end: the same for timelines that are compared. */
  readonly untilMs: number;
}

const label = 10;
const widest = 100;

/** Returns the width of the terminal, or 80 for a pipe; no more than a picture needs. */
export function terminalWidth(): number {
  return Math.min(process.stdout.columns || 80, widest);
}

/**
 * Returns the picture of a run in lines: a mark for each event at the time of its sending, if that is known, and at its
 * arrival. Several marks at one place are a digit, more than nine are `+`. Pure.
 */
export function timelineText({ events }: MeasuredRun, { width, untilMs }: TimelineFrame): string[] {
  const columns = Math.max(20, width - label - 2);
  const columnOf = (ms: number): number =>
    untilMs <= 0 ? 0 : Math.min(columns - 1, Math.max(0, Math.round((ms / untilMs) * (columns - 1))));
  const sent = events.flatMap(({ sentMs }) => (sentMs === undefined ? [] : [columnOf(sentMs)]));
  const arrived = events.map(({ arrivedMs }) => columnOf(arrivedMs));
  return [
    ...(sent.length === 0 ? [] : [lane('sent', marks(sent, columns, '○'))]),
    lane('arrived', marks(arrived, columns, '●')),
    lane('', axis(columns, untilMs, columnOf)),
  ];
}

function lane(name: string, line: string): string {
  return `  ${name.padEnd(label)}${line.trimEnd()}`;
}

function marks(places: readonly number[], columns: number, one: string): string {
  const line = Array.from({ length: columns }, () => ' ');
  for (const [column, at] of Map.groupBy(places, (place) => place)) {
    line[column] = at.length === 1 ? one : at.length > 9 ? '+' : String(at.length);
  }
  return line.join('');
}

function axis(columns: number, untilMs: number, columnOf: (ms: number) => number): string {
  const stepMs = niceStepMs(untilMs, Math.max(1, Math.floor(columns / 11)));
  let line = '';
  for (let ms = 0; ms <= untilMs && stepMs > 0; ms += stepMs) {
    const text = axisLabel(ms);
    const at = columnOf(ms);
    if (at < line.length || at + text.length > columns) continue;
    line = `${line.padEnd(at)}${text} `;
  }
  return line;
}

/** Returns the end of the time axis for some runs, in milliseconds: the last arrival of any of them. */
export function untilMsOf(runs: readonly MeasuredRun[]): number {
  return Math.max(0, ...runs.map(({ events }) => events.at(-1)?.arrivedMs ?? 0));
}

/** Returns the step of the axis for at most `maxSteps` steps: 1, 2 or 5 times a power of ten. */
export function niceStepMs(untilMs: number, maxSteps: number): number {
  if (untilMs <= 0) return 0;
  const minStepMs = untilMs / maxSteps;
  const power = 10 ** Math.floor(Math.log10(minStepMs));
  return ([1, 2, 5].find((factor) => factor * power >= minStepMs) ?? 10) * power;
}

/** Formats a time on an axis: `250 ms`, `1.5 s`. */
export function axisLabel(ms: number): string {
  if (ms === 0) return '0';
  return ms < 1_000 ? `${Number(ms.toPrecision(3))} ms` : `${Number((ms / 1_000).toFixed(2))} s`;
}
