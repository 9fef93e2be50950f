import type { TimingAnalysis } from '../timing/analyse-runs.ts';
import { counted } from '../timing/counted.ts';
import type { MeasuredRun } from '../timing/measured-run.ts';
import type { Report, Tone } from './report.ts';

/** Runs that the page draws; its figures are of all. */
const mostLanes = 12;

/** A verification as a page: each run, and the figures over all of them. */
export function verifyReport(
  asked: Pick<Report, 'subject' | 'source'>,
  runs: readonly MeasuredRun[],
  analysis: TimingAnalysis,
): Report {
  const missed = analysis.checks.filter(({ result }) => result === 'missed').length;
  const passed = missed === 0;
  return {
    command: 'gemini-stream verify',
    ...asked,
    madeAt: new Date(runs[0]?.startedAt ?? Date.now()),
    tone: passed ? 'good' : 'bad',
    headline: passed ? 'Every bar was met' : `${missed} of ${analysis.checks.length} bars missed`,
    explanation: `${counted(analysis.runs, 'answer')} to the same prompt, one after another: ${counted(analysis.events, 'event')} in all. Each figure is held against its bar over all of them.`,
    analysis,
    lanes: runs.slice(0, mostLanes).map((run, index) => ({
      label: `Run ${index + 1}`,
      note: [counted(run.events.length, 'event'), run.verdict.kind, run.end.error?.message ?? run.end.status].join(
        ', ',
      ),
      tone: run.end.status !== 'completed' ? 'bad' : toneOf(run),
      run,
    })),
    findings: [],
  };
}

function toneOf({ verdict }: MeasuredRun): Tone {
  if (verdict.kind === 'inconclusive') return 'unknown';
  return verdict.kind === 'live' ? 'good' : 'bad';
}
