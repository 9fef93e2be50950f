import type { Output } from '../terminal/output.ts';
import type { MeasuredExchange } from '../timing/measure-event-stream.ts';
import { paintMarks } from '../timing/paint-marks.ts';
import { runJson } from '../timing/run-json.ts';
import { terminalWidth } from '../timing/timeline-text.ts';
import { comparisonLines, diagnosisLines, findingLines, streamLines } from './doctor-lines.ts';
import type { DoctorFindings } from './doctor-report.ts';
import { shownUrl } from './doctor-target.ts';
import type { Finding } from './finding.ts';

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
