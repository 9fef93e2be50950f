import type { Report, ReportLane } from '../report/report.ts';
import { analyseRuns } from '../timing/analyse-runs.ts';
import { counted } from '../timing/counted.ts';
import type { MeasuredExchange } from '../timing/measure-event-stream.ts';
import type { Comparison } from './compare-paths.ts';
import { codingOf } from './compression.ts';
import type { Diagnosis, Examination } from './diagnose.ts';
import { shownUrl } from './doctor-target.ts';
import type { Finding } from './finding.ts';

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
