import { analyseRuns } from '../timing/analyse-runs.ts';
import { counted } from '../timing/counted.ts';
import type { MeasuredRun } from '../timing/measured-run.ts';
import { axisLabel } from '../timing/time-axis.ts';
import type { Report } from './report.ts';

/** The demo as a page: the live run, and under it the same answer held back. */
export function demoReport(asked: Pick<Report, 'subject' | 'source'>, live: MeasuredRun, held: MeasuredRun): Report {
  const { kind } = live.verdict;
  const judged = kind === 'live' ? liveWords(live, held) : otherWords(live);
  return {
    command: 'gemini-stream demo',
    ...asked,
    madeAt: new Date(live.startedAt),
    ...judged,
    analysis: analyseRuns([live]),
    lanes: [
      { label: 'As it came', note: laneNote(live), tone: judged.tone, run: live },
      { label: 'Buffered: the same answer, collected on its way', note: laneNote(held), tone: 'bad', run: held },
    ],
    findings: [],
  };
}

type Words = Pick<Report, 'tone' | 'headline' | 'explanation'>;

function liveWords(live: MeasuredRun, held: MeasuredRun): Words {
  const [first, last] = [axisLabel(firstMs(live)), axisLabel(firstMs(held))];
  const explanation =
    `The same answer twice. As it came, each of its ${live.events.length} events was on the screen when it was made. ` +
    `Through a path that collects the answer first, nothing was there for ${last}, and then everything at once.`;
  return { tone: 'good', headline: `First words after ${first}, not after ${last}`, explanation };
}

function otherWords({ verdict }: MeasuredRun): Words {
  if (verdict.kind === 'inconclusive') {
    const explanation = `${counted(verdict.events, 'event')}: too few, or within too short a time, to tell live from buffered.`;
    return { tone: 'unknown', headline: 'Too short an answer to tell', explanation };
  }
  const explanation =
    'Somebody between the model and this machine holds the answer back: gemini-stream doctor tells who.';
  return { tone: 'bad', headline: `Not live: this answer came ${verdict.kind}`, explanation };
}

function laneNote({ events, verdict }: MeasuredRun): string {
  return `${counted(events.length, 'event')}, ${verdict.kind}`;
}

function firstMs({ events }: MeasuredRun): number {
  return events[0]?.shownMs ?? 0;
}
