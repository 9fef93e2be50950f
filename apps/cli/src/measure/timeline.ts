import type { MeasuredRun } from './measured-run.ts';

/** How a timeline is drawn. */
export interface TimelineFrame {
  /** Characters that a line may have. */
  readonly width: number;
  /** What the right end of the line stands for: the same for timelines that are to be compared. */
  readonly untilMs: number;
}

const label = 10;
const widest = 100;

/** Characters in a line of the terminal, or of a pipe; no more than a picture needs. */
export function terminalWidth(): number {
  return Math.min(process.stdout.columns || 80, widest);
}

/**
 * A run as a picture of lines: a mark for each event where the server wrote it, where that is known, and where it
 * arrived; a digit where several fall on one place, `+` where more than nine do. Pure.
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
    const told = axisLabel(ms);
    const at = columnOf(ms);
    if (at < line.length || at + told.length > columns) continue;
    line = `${line.padEnd(at)}${told} `;
  }
  return line;
}

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
