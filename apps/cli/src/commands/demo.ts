import { createGemini } from '@gemini/client';
import { type Emulator, type Recording, createEmulator } from '@gemini/emulator';
import { readFile } from 'node:fs/promises';
import { defineCommand } from '../command.ts';
import { type Connection, connect, connectionOptions } from '../connect.ts';
import { UsageError, exitCodeOf, exitCodes } from '../exit-code.ts';
import { type TimingAnalysis, analyseRuns, excuseSingleTimes, isPassed } from '../measure/analysis.ts';
import { startCollectingProxy } from '../measure/collecting-proxy.ts';
import { withSentTimes } from '../measure/emulator-log.ts';
import { type MeasuredAnswer, measureAnswer } from '../measure/measure-answer.ts';
import { type MeasuredRun, longPrompt } from '../measure/measured-run.ts';
import {
  checkLabels,
  counted,
  legendLines,
  milliseconds,
  paintMarks,
  resultMarks,
  timingReport,
} from '../measure/report-text.ts';
import { axisLabel, terminalWidth, timelineText, untilMsOf } from '../measure/timeline.ts';
import { checkReportPath, reportOption, writeReport } from '../report/html-report.ts';
import type { Report } from '../report/report.ts';
import type { Output } from '../terminal/output.ts';
import { visibleText } from '../terminal/visible-text.ts';

type Source = Pick<Connection, 'gemini' | 'emulator'>;

/** A prompt for the emulator, which counts in ten chunks. A model counts in one or two, too few for a demo. */
const countingPrompt = 'Count slowly from 1 to 10';

/**
 * `gemini-stream demo`: shows an answer arrive, reports whether it was live, and shows the same answer through a path that
 * buffers it. The exit code is 0 if the live run kept all limits and the buffered run was not reported as live.
 */
export const demoCommand = defineCommand({
  usage: ['demo [options] ["prompt"]', 'demo --recording FILE'],
  options: {
    recording: { type: 'string', value: 'FILE', description: 'play a file of server-sent events instead' },
    ...reportOption,
    ...connectionOptions,
  },
  examples: [
    ['demo', 'an answer as it is generated, then the same answer buffered'],
    ['demo --report demo.html', 'the same as a page that you can share'],
    ['demo --recording answer.sse', 'the same with a recorded stream'],
  ],
  async run({ values, positionals, rest = [], output }) {
    await checkReportPath(values.report);
    const recording = values.recording === undefined ? undefined : await readRecording(values.recording);
    const live = recording === undefined ? await connect(values, output) : await play(recording);
    try {
      const prompt = [...positionals, ...rest].join(' ') || (live.emulator === undefined ? longPrompt : countingPrompt);
      return await showBoth(live, { prompt, recording: values.recording, report: values.report }, output);
    } finally {
      await live[Symbol.asyncDispose]();
    }
  },
});

interface Demonstration {
  readonly prompt: string;
  /** The file that is played instead of an answer to the prompt. */
  readonly recording: string | undefined;
  /** The file of the page, if one was asked for. */
  readonly report: string | undefined;
}

async function showBoth(source: Source, { prompt, recording, report }: Demonstration, output: Output): Promise<number> {
  const subject = recording ?? prompt;
  output.line(`Live: ${subject}\n`);
  const live = await measure(source, prompt, output);
  if (live.events.length === 0) {
    output.note(`gemini-stream: ${live.end.error?.message ?? 'the stream had no chunk'}`);
    return exitCodeOf(live.end);
  }
  const analysis = excuseSingleTimes(analyseRuns([live]));
  const legend = legendLines(live, analysis).map((line) => output.style('dim', line));
  output.line(paintMarks(['', ...timeline(live, [live]), '', ...timingReport(live, analysis), ''], output));
  output.line(`${legend.join('\n')}\n`);
  if (live.end.status === 'stopped') return exitCodes.interrupted;
  if (live.end.error !== undefined) output.note(`gemini-stream: ${live.end.error.message}`);

  output.line('Buffered: the same answer through a proxy that collects it first\n');
  const held = await measureHeldBack(source, live, prompt, output);
  if (held.end.status === 'stopped') return exitCodes.interrupted;
  const heldText = `${counted(held.events.length, 'event')}, ${held.verdict.kind}: nothing for ${milliseconds(firstMs(held))}, then everything at once`;
  const compared = `live, the first event arrived after ${milliseconds(firstMs(live))}`;
  output.line(paintMarks(['', ...timeline(held, [live, held]), '', `  ${heldText}`, `  ${compared}`], output));
  if (report !== undefined) {
    const subjectAndSource = { subject, source: recording === undefined ? sourceName(source) : 'a recording' };
    await writeReport(report, demoReport(subjectAndSource, live, held));
    output.note(`gemini-stream: the report is in ${report}`);
  }
  output.line(paintMarks(['', ...conclusion(analysis, live, held), ''], output));
  output.line(nextSteps(source, live.verdict.kind === 'live', recording));
  const isTold = held.verdict.kind !== 'live';
  return isPassed(analysis) && isTold ? exitCodes.ok : exitCodes.error;
}

/** Returns the verdict in a sentence. */
function conclusion(analysis: TimingAnalysis, live: MeasuredAnswer, held: MeasuredAnswer): string[] {
  const missed = analysis.checks.filter(({ result }) => result === 'missed').map(({ name }) => checkLabels[name]);
  if (missed.length > 0) return [`${resultMarks.missed} over the limit: ${missed.join(', ')}`];
  if (live.verdict.kind !== 'live') return [`${resultMarks['not-measured']} too few events to call the answer live`];
  const [early, late] = [milliseconds(firstMs(live)), milliseconds(firstMs(held))];
  return [`${resultMarks.met} live: the first words came after ${early}, not after ${late}`];
}

/** Returns the commands that a reader may try next, the likeliest first. */
function nextSteps({ emulator }: Source, isLive: boolean, recording: string | undefined): string {
  const isOwn = emulator !== undefined && recording === undefined;
  const steps: readonly (readonly [line: string, effect: string] | false)[] = [
    !isLive && ['doctor URL', 'finds what delays the path to a server'],
    isOwn && ['demo', 'with Gemini: export GEMINI_API_KEY=…'],
    ['"Why is the sky blue?"', 'an answer as it is generated'],
    ['verify --runs 10', 'ten answers, compared with limits'],
    isLive && ['doctor URL', 'whether your own server streams'],
    ['demo --report demo.html', 'this as a page that you can share'],
  ];
  const rows = steps.filter((step) => step !== false);
  const width = Math.max(...rows.map(([line]) => line.length));
  return ['Next', ...rows.map(([line, effect]) => `  gemini-stream ${line.padEnd(width)}  ${effect}`)].join('\n');
}

async function measure({ gemini, emulator }: Source, prompt: string, output: Output): Promise<MeasuredAnswer> {
  const measured = await measureAnswer(
    () => gemini.stream(prompt, { rawChunks: true }),
    (text, arrivedMs) => {
      const shown = JSON.stringify(text).slice(1, -1);
      output.line(`[${Math.round(arrivedMs)}ms] ${output.isTerminal ? visibleText(shown) : shown}`);
    },
  );
  return withSentTimes(measured, emulator?.requests.at(-1));
}

/** Measures the same answer behind a collecting proxy: of the same emulator, or played back without a second request. */
async function measureHeldBack(source: Source, live: MeasuredAnswer, prompt: string, output: Output) {
  const delayMs = analyseRuns([live]).interval?.meanMs ?? 0;
  const playback = source.emulator === undefined ? await play({ ...bodyOf(live), delayMs }) : undefined;
  const emulator = source.emulator ?? playback?.emulator;
  try {
    if (emulator === undefined) throw new TypeError('expected an emulator to play the answer back');
    const proxy = await startCollectingProxy(emulator.url);
    try {
      return await measure(
        { gemini: createGemini({ baseUrl: proxy.url, apiKey: 'emulator' }), emulator },
        prompt,
        output,
      );
    } finally {
      await proxy[Symbol.asyncDispose]();
    }
  } finally {
    await playback?.[Symbol.asyncDispose]();
  }
}

async function play(recording: Recording) {
  const emulator = await createEmulator({ recording });
  return {
    gemini: createGemini({ baseUrl: emulator.url, apiKey: 'emulator' }),
    emulator: emulator as Emulator | undefined,
    [Symbol.asyncDispose]: () => emulator.close(),
  };
}

// The received chunks in wire form: the second run needs neither a second answer nor a key.
function bodyOf({ chunks }: MeasuredAnswer): Recording {
  const events = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`);
  return { body: Buffer.from(events.join('')), chunkBytes: 'event' };
}

function firstMs({ events }: MeasuredAnswer): number {
  return events[0]?.shownMs ?? 0;
}

function sourceName({ emulator }: Source): string | undefined {
  return emulator === undefined ? undefined : 'the local emulator';
}

function timeline(run: MeasuredAnswer, shownTogether: readonly MeasuredAnswer[]): string[] {
  return timelineText(run, { width: terminalWidth(), untilMs: untilMsOf(shownTogether) });
}

/** The pace of a recording: a file of wire bytes has no times. */
const recordingDelayMs = 120;

/**
 * Reads a recorded stream: a file of server-sent events in wire form.
 * @throws UsageError for a file that is unreadable or has no event
 */
async function readRecording(path: string): Promise<Recording> {
  const body = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'no such file' : cause.message;
    throw new UsageError(`cannot read ${path}: ${why}`, { cause });
  });
  if (!/(?:^|[\r\n])data:/.test(body.subarray(0, 1024 * 1024).toString('latin1'))) {
    throw new UsageError(`${path} has no server-sent events (no line begins with data:)`);
  }
  return { body, chunkBytes: 'event', delayMs: recordingDelayMs };
}

/** Returns the demo as a page: the live run, and below it the same answer buffered. */
function demoReport(
  subjectAndSource: Pick<Report, 'subject' | 'source'>,
  live: MeasuredRun,
  held: MeasuredRun,
): Report {
  const { kind } = live.verdict;
  const judged = kind === 'live' ? liveWords(live, held) : otherWords(live);
  return {
    command: 'gemini-stream demo',
    ...subjectAndSource,
    madeAt: new Date(live.startedAt),
    ...judged,
    analysis: analyseRuns([live]),
    lanes: [
      { label: 'Live', note: laneNote(live), tone: judged.tone, run: live },
      {
        label: 'Buffered: the same answer through a proxy that collects it',
        note: laneNote(held),
        tone: 'bad',
        run: held,
      },
    ],
    findings: [],
  };
}

type Words = Pick<Report, 'tone' | 'headline' | 'explanation'>;

function liveWords(live: MeasuredRun, held: MeasuredRun): Words {
  const [first, last] = [axisLabel(firstShownMs(live)), axisLabel(firstShownMs(held))];
  const explanation =
    `The same answer twice. Live, each of its ${live.events.length} events was on the screen when it was generated. ` +
    `Through a proxy that collects the answer, the screen stayed empty for ${last}, and then showed everything at once.`;
  return { tone: 'good', headline: `First words after ${first}, not after ${last}`, explanation };
}

function otherWords({ verdict }: MeasuredRun): Words {
  if (verdict.kind === 'inconclusive') {
    const explanation = `${counted(verdict.events, 'event')}: too few, or within too short a time, to distinguish live from buffered.`;
    return { tone: 'unknown', headline: 'The answer was too short for a verdict', explanation };
  }
  const explanation = 'Something between the model and this machine delays the answer. gemini-stream doctor finds it.';
  return { tone: 'bad', headline: `Not live: this answer was ${verdict.kind}`, explanation };
}

function laneNote({ events, verdict }: MeasuredRun): string {
  return `${counted(events.length, 'event')}, ${verdict.kind}`;
}

function firstShownMs({ events }: MeasuredRun): number {
  return events[0]?.shownMs ?? 0;
}
