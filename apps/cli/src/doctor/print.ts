import { analyseRuns, runJson } from '../measure/analysis.ts';
import type { MeasuredExchange } from '../measure/measure-event-stream.ts';
import { counted, paintMarks } from '../measure/report-text.ts';
import { terminalWidth, timelineText, untilMsOf } from '../measure/timeline.ts';
import type { Report, ReportLane, Tone } from '../report/report.ts';
import type { Output } from '../terminal/output.ts';
import { visibleText } from '../terminal/visible-text.ts';
import type { Diagnosis, Examination } from './diagnose.ts';
import { type Comparison, type Finding, codingOf } from './findings.ts';
import { shownUrl } from './target.ts';

/** One measured answer, and what it was asked for. */
export interface ToldStream {
  /** `plain` asks for no compression, `offered` offers gzip, `compared` goes by the other path. */
  readonly role: 'plain' | 'offered' | 'compared';
  readonly url: URL;
  readonly run: MeasuredExchange;
}

/** Tells a measured stream: its picture, or its times as JSON. */
export function tellStream({ role, url, run }: ToldStream, isJson: boolean, output: Output): void {
  if (isJson) {
    const { status, bodyEnd, headersMs } = run.response ?? {};
    output.json({ type: 'stream', role, url: shownUrl(url), httpStatus: status, bodyEnd, headersMs, ...runJson(run) });
  } else if (role !== 'offered') output.line(paintMarks(streamLines(shownUrl(url), run, terminalWidth()), output));
}

/** Tells what was found beside the stream. */
export function tellFinding(finding: Finding, isJson: boolean, output: Output): void {
  if (isJson) output.json({ type: 'finding', ...finding });
  else output.line(paintMarks(findingLines(finding), output));
}

/** Tells what ails the path, last. */
export function tellDiagnosis(
  { diagnosis, examination, compared }: DoctorFindings,
  isJson: boolean,
  output: Output,
): void {
  const comparison = compared?.comparison;
  if (isJson) {
    const { kind, cause } = examination.plain.verdict;
    const { conclusion } = comparison ?? {};
    output.json({ type: 'end', ...diagnosis, verdict: kind, deliveryCause: cause, comparison: conclusion });
    return;
  }
  const told = comparison === undefined ? [] : comparisonLines(comparison);
  output.line(paintMarks(['', ...diagnosisLines(diagnosis), ...told], output));
}

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

/** All that is shown of a path. */
export interface DoctorFindings {
  readonly examination: Examination;
  readonly diagnosis: Diagnosis;
  readonly findings: readonly Finding[];
  /** The other path, where there is one. */
  readonly compared?: ComparedLane | undefined;
}

interface ComparedLane {
  readonly url: URL;
  readonly run: MeasuredExchange;
  readonly comparison: Comparison;
}

/** A path's examination as a page. */
export function doctorReport({ examination, diagnosis, findings, compared }: DoctorFindings): Report {
  const { target, plain, offered } = examination;
  const { tone, headline, explanation, cause, cure, evidence } = diagnosis;
  const isOfferTaken = offered !== undefined && codingOf(offered) !== undefined;
  const conclusion = compared && {
    label: 'By the other path',
    tone: compared.comparison.tone,
    finding: compared.comparison.conclusion,
  };
  return {
    command: 'gemini-stream doctor',
    subject: `${target.request.method ?? (target.isGemini ? 'POST' : 'GET')} ${shownUrl(target.url)}`,
    madeAt: new Date(plain.startedAt),
    tone,
    headline,
    explanation,
    cause,
    cure,
    analysis: analyseRuns([plain]),
    lanes: [
      lane('As asked, without compression', plain),
      ...(isOfferTaken ? [lane('With gzip offered, as browsers do', offered)] : []),
      ...(compared === undefined ? [] : [lane('The other path', compared.run, shownUrl(compared.url))]),
    ],
    findings: [
      { label: 'The evidence', tone, finding: evidence.join(' · ') },
      ...(conclusion === undefined ? [] : [conclusion]),
      ...findings,
    ],
  };
}

function lane(label: string, run: MeasuredExchange, url?: string): ReportLane {
  const { kind } = run.verdict;
  const tone = kind === 'live' ? 'good' : kind === 'inconclusive' ? 'unknown' : 'bad';
  const note = `${counted(run.events.length, 'event')}, ${kind}`;
  return { label, note: url === undefined ? note : `${note} · ${url}`, tone, run };
}
