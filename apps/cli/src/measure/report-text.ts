import type { Output } from '../terminal/output.ts';
import { visibleText } from '../terminal/visible-text.ts';
import { type Distribution, type TimingAnalysis, type TimingCheck, analyseRuns } from './analysis.ts';
import type { MeasuredRun } from './measured-run.ts';

/** The labels of the checks. */
export const checkLabels: Readonly<Record<TimingCheck['name'], string>> = {
  'first-event': 'first event',
  interval: 'interval',
  'server-to-screen': 'server to screen',
  delivery: 'not in blocks',
  complete: 'complete',
};

/** The marks of the results. They differ in shape, not only in colour. */
export const resultMarks: Readonly<Record<TimingCheck['result'], string>> = {
  met: '✓',
  missed: '✗',
  'not-measured': '–',
};

const nameWidth = 18;

/** Returns the figures of one run, each compared with its limit. */
export function timingReport(run: MeasuredRun, analysis: TimingAnalysis): string[] {
  const { firstEvent, interval, serverToScreen } = analysis;
  return [
    row('events', String(analysis.events)),
    row('first event', firstEvent === undefined ? 'none' : milliseconds(firstEvent.p50Ms)),
    row('average interval', interval === undefined ? 'none' : milliseconds(interval.meanMs)),
    row('server to screen', serverToScreen === undefined ? 'not reported by this server' : spread(serverToScreen)),
    row('event times (ms)', run.events.map(({ shownMs }) => Math.round(shownMs)).join(' ')),
    '',
    ...checkLines(analysis),
  ];
}

/** Returns the checks of some runs. */
export function checkLines(analysis: TimingAnalysis): string[] {
  return analysis.checks.map(
    (check) =>
      `  ${resultMarks[check.result]} ${checkLabels[check.name].padEnd(nameWidth)}${measuredOf(check, analysis)}`,
  );
}

/** Returns the meaning of the marks in a timeline and in the checks. */
export function legendLines(run: MeasuredRun, analysis: TimingAnalysis): string[] {
  const isSentKnown = run.events.some(({ sentMs }) => sentMs !== undefined);
  const hasMedian = analysis.checks.some(({ percentile, count = 0 }) => percentile === 50 && count > 1);
  const hasLate = analysis.checks.some(({ percentile = 50 }) => percentile > 50);
  return [
    `  ${isSentKnown ? '○ sent by the server   ' : ''}● arrived   2–9 that many, + more than nine`,
    '  ✓ within its limit   ✗ over its limit   – not measured, or undecided',
    ...(hasMedian ? ['  p50: half of the times are at most this; fewer than 100 times say no more'] : []),
    ...(hasLate ? ['  p95, p99: 95 and 99 of 100 times are at most this'] : []),
  ];
}

/** Returns one run of several as a line. */
export function runLine(run: MeasuredRun, number: number, of: number): string {
  const { firstEvent, interval, serverToScreen } = analyseRuns([run]);
  const name = `run ${String(number).padStart(String(of).length)} of ${of}`;
  // It may quote the server.
  const failure = visibleText(run.end.error?.message ?? '');
  if (firstEvent === undefined) return `  ${name}  ${failure || 'no event arrived'}`;
  const figures = [
    counted(run.events.length, 'event'),
    `first ${milliseconds(firstEvent.p50Ms)}`,
    ...(interval === undefined ? [] : [`interval p50 ${milliseconds(interval.p50Ms)}`]),
    ...(serverToScreen === undefined ? [] : [`to screen p50 ${milliseconds(serverToScreen.p50Ms)}`]),
    run.verdict.kind,
    ...(run.end.status === 'completed' ? [] : [run.end.status]),
    ...(failure === '' ? [] : [failure]),
  ];
  return `  ${name}  ${figures.join(' · ')}`;
}

/** Returns the distribution of each figure of some runs. */
export function spreadLines({ events, firstEvent, interval, serverToScreen }: TimingAnalysis): string[] {
  return [
    row('events', String(events)),
    row('first event', firstEvent === undefined ? 'none' : spread(firstEvent)),
    row('interval', interval === undefined ? 'none' : spread(interval)),
    row('server to screen', serverToScreen === undefined ? 'not reported by this server' : spread(serverToScreen)),
  ];
}

/** Returns the measured figure and its limit in words. */
export function measuredOf(check: TimingCheck, analysis: TimingAnalysis): string {
  if (check.name === 'delivery') return deliveriesOf(analysis);
  if (check.name === 'complete') return `${analysis.completed} of ${analysis.runs}`;
  if (check.measuredMs === undefined) {
    return check.name === 'server-to-screen' ? 'not reported by this server' : 'nothing to measure';
  }
  const bar = `at most ${milliseconds(check.barMs ?? 0)}`;
  const of = check.count === 1 ? '' : `p${check.percentile} `;
  const single = check.result === 'not-measured' ? '; one time does not decide it' : '';
  return `${of}${milliseconds(check.measuredMs)} (${bar}${single})`;
}

function spread({ p50Ms, p95Ms, p99Ms, longestMs }: Distribution): string {
  const late =
    p95Ms === undefined || p99Ms === undefined ? [] : [`p95 ${milliseconds(p95Ms)}`, `p99 ${milliseconds(p99Ms)}`];
  return [`p50 ${milliseconds(p50Ms)}`, ...late, `longest ${milliseconds(longestMs)}`].join(', ');
}

function deliveriesOf({ deliveries, runs }: TimingAnalysis): string {
  const kinds = Object.entries(deliveries);
  if (runs === 1) return kinds[0]?.[0] ?? '';
  return kinds.map(([kind, count]) => `${count} ${kind}`).join(', ');
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(nameWidth + 2)}${value}`;
}

const colours = { '✓': 'green', '✗': 'red', '–': 'dim' } as const;

/**
 * Colours the marks at the beginnings of lines, and dims the lane of the sent events. The lines stay unchanged if standard
 * output shows no colours.
 */
export function paintMarks(lines: readonly string[], { style }: Pick<Output, 'style'>): string {
  return lines
    .map((line) =>
      line
        .replace(
          /^( *)([✓✗–])(?= )/u,
          (_, indent: string, mark: keyof typeof colours) => indent + style(colours[mark], mark),
        )
        .replace(/^ {2}sent .*$/u, (lane) => style('dim', lane)),
    )
    .join('\n');
}

/** Formats a time: whole milliseconds, or tenths below ten. */
export function milliseconds(ms: number): string {
  return `${Math.abs(ms) < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** Formats a number with its noun: `1 event`, `12 events`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
