import type { Tone } from '../report/report.ts';
import { visibleText } from '../terminal/visible-text.ts';
import { counted } from '../timing/counted.ts';
import type { MeasuredExchange } from '../timing/measure-event-stream.ts';
import { untilMsOf } from '../timing/time-axis.ts';
import { timelineText } from '../timing/timeline-text.ts';
import type { Comparison } from './compare-paths.ts';
import type { Diagnosis } from './diagnose.ts';
import type { Finding } from './finding.ts';

const marks: Readonly<Record<Tone, string>> = { good: '✓', bad: '✗', unknown: '–' };
const nameWidth = 20;
const indent = ' '.repeat(nameWidth + 4);

/** The picture of one answer, under its name. */
export function streamLines(name: string, run: MeasuredExchange, width: number): string[] {
  const picture =
    run.events.length === 0 ? ['  no event came'] : timelineText(run, { width, untilMs: untilMsOf([run]) });
  return [`${visibleText(name)}: ${counted(run.verdict.events, 'event')}, ${run.verdict.kind}`, '', ...picture, ''];
}

/** What was found, and under it what helps. */
export function findingLines({ tone, label, finding, cure }: Finding): string[] {
  const lines = [`  ${marks[tone]} ${label.padEnd(nameWidth)}${visibleText(finding)}`];
  return cure === undefined ? lines : [...lines, `${indent}${visibleText(cure)}`];
}

/** Two paths side by side, and what that tells. */
export function comparisonLines({ tone, conclusion, rows }: Comparison): string[] {
  const table = [['', 'this path', 'the other path'] as const, ...rows];
  const width = Math.max(...table.map(([, here]) => here.length)) + 3;
  return [
    '',
    ...table.map(
      ([name, here, there]) => `  ${name.padEnd(20)}${visibleText(here).padEnd(width)}${visibleText(there)}`,
    ),
    '',
    `${marks[tone]} ${conclusion}`,
  ];
}

/** The verdict, what it rests on, who is to blame, and what helps. */
export function diagnosisLines({ tone, headline, explanation, evidence, cause, cure }: Diagnosis): string[] {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['the likely cause', cause],
    ['what helps', cure],
  ];
  return [
    `${marks[tone]} ${headline}`,
    `  ${visibleText(explanation)}`,
    '',
    ...evidence.map((line, index) => `  ${(index === 0 ? 'the evidence' : '').padEnd(20)}${visibleText(line)}`),
    ...rows.flatMap(([name, text]) => (text === undefined ? [] : [`  ${name.padEnd(20)}${visibleText(text)}`])),
  ];
}
