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

/** One measured answer, and how it was requested. */
interface PrintedStream {
  /** `plain` asks for no compression, `offered` offers gzip, `compared` goes by the other path. */
  readonly role: 'plain' | 'offered' | 'compared';
  readonly url: URL;
  readonly run: MeasuredExchange;
}

/** Prints a measured stream: its timeline, or its times as JSON. */
export function printStream({ role, url, run }: PrintedStream, isJson: boolean, output: Output): void {
  if (isJson) {
    const { status, bodyEnd, headersMs } = run.response ?? {};
    output.json({ type: 'stream', role, url: shownUrl(url), httpStatus: status, bodyEnd, headersMs, ...runJson(run) });
  } else if (role !== 'offered') output.line(paintMarks(streamLines(shownUrl(url), run, terminalWidth()), output));
}

/** Prints one finding. */
export function printFinding(finding: Finding, isJson: boolean, output: Output): void {
  if (isJson) {
    const { fix, ...facts } = finding;
    output.json({ type: 'finding', ...facts, cure: fix });
  } else output.line(paintMarks(findingLines(finding), output));
}

/** Prints the diagnosis, which is the last output. */
export function printDiagnosis(
  { diagnosis, examination, compared }: DoctorResult,
  isJson: boolean,
  output: Output,
): void {
  const comparison = compared?.comparison;
  if (isJson) {
    const { kind, cause } = examination.plain.verdict;
    const { conclusion } = comparison ?? {};
    const { fix, ...facts } = diagnosis;
    output.json({ type: 'end', ...facts, cure: fix, verdict: kind, deliveryCause: cause, comparison: conclusion });
    return;
  }
  const compareLines = comparison === undefined ? [] : comparisonLines(comparison);
  output.line(paintMarks(['', ...diagnosisLines(diagnosis), ...compareLines], output));
}

const marks: Readonly<Record<Tone, string>> = { good: '✓', bad: '✗', unknown: '–' };
const nameWidth = 20;
const indent = ' '.repeat(nameWidth + 4);

/** Returns the timeline of one answer under its name. */
function streamLines(name: string, run: MeasuredExchange, width: number): string[] {
  const picture =
    run.events.length === 0 ? ['  no event arrived'] : timelineText(run, { width, untilMs: untilMsOf([run]) });
  return [`${visibleText(name)}: ${counted(run.verdict.events, 'event')}, ${run.verdict.kind}`, '', ...picture, ''];
}

/** Returns a finding, with its fix on the next line. */
function findingLines({ tone, label, finding, fix }: Finding): string[] {
  const lines = [`  ${marks[tone]} ${label.padEnd(nameWidth)}${visibleText(finding)}`];
  return fix === undefined ? lines : [...lines, `${indent}${visibleText(fix)}`];
}

/** Returns the figures of two paths side by side, and the conclusion. */
function comparisonLines({ tone, conclusion, rows }: Comparison): string[] {
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

/** Returns the verdict, its evidence, the likely cause and the fix. */
function diagnosisLines({ tone, headline, explanation, evidence, cause, fix }: Diagnosis): string[] {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['likely cause', cause],
    ['fix', fix],
  ];
  return [
    `${marks[tone]} ${headline}`,
    `  ${visibleText(explanation)}`,
    '',
    ...evidence.map((line, index) => `  ${(index === 0 ? 'evidence' : '').padEnd(20)}${visibleText(line)}`),
    ...rows.flatMap(([name, text]) => (text === undefined ? [] : [`  ${name.padEnd(20)}${visibleText(text)}`])),
  ];
}

/** Everything that is shown of a path. */
export interface DoctorResult {
  readonly examination: Examination;
  readonly diagnosis: Diagnosis;
  readonly findings: readonly Finding[];
  /** The other path, if one was asked for. */
  readonly compared?: ComparedLane | undefined;
}

interface ComparedLane {
  readonly url: URL;
  readonly run: MeasuredExchange;
  readonly comparison: Comparison;
}

/** Returns the examination of a path as a page. */
export function doctorReport({ examination, diagnosis, findings, compared }: DoctorResult): Report {
  const { target, plain, offered } = examination;
  const { tone, headline, explanation, cause, fix, evidence } = diagnosis;
  const isOfferTaken = offered !== undefined && codingOf(offered) !== undefined;
  const conclusion = compared && {
    label: 'The other path',
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
    fix,
    analysis: analyseRuns([plain]),
    lanes: [
      lane('As asked, without compression', plain),
      ...(isOfferTaken ? [lane('With gzip offered, as browsers do', offered)] : []),
      ...(compared === undefined ? [] : [lane('The other path', compared.run, shownUrl(compared.url))]),
    ],
    findings: [
      { label: 'Evidence', tone, finding: evidence.join(' · ') },
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
