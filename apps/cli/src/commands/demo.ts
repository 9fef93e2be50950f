import { createGemini } from '@gemini/client';
import { createEmulator, type Emulator, type Recording } from '@gemini/emulator';
import { defineCommand } from '../command.ts';
import { connect, type Connection } from '../connection/connect.ts';
import { connectionOptions } from '../connection/connection-options.ts';
import { exitCodeOf, exitCodes } from '../exit-code.ts';
import { readRecording } from '../read-recording.ts';
import { demoReport } from '../report/demo-report.ts';
import { reportOption } from '../report/report-option.ts';
import { checkReportPath, writeReport } from '../report/write-report.ts';
import type { Output } from '../terminal/output.ts';
import { visibleText } from '../terminal/visible-text.ts';
import { analyseRuns, isPassed } from '../timing/analyse-runs.ts';
import { createCollectingProxy } from '../timing/collecting-proxy.ts';
import { counted } from '../timing/counted.ts';
import { longPrompt } from '../timing/long-prompt.ts';
import { measureAnswer, type MeasuredAnswer } from '../timing/measure-answer.ts';
import { milliseconds } from '../timing/milliseconds.ts';
import { paintMarks } from '../timing/paint-marks.ts';
import { withSentTimes } from '../timing/sent-times.ts';
import { untilMsOf } from '../timing/time-axis.ts';
import { terminalWidth, timelineText } from '../timing/timeline-text.ts';
import { timingReport } from '../timing/timing-report.ts';

type Source = Pick<Connection, 'gemini' | 'emulator'>;

/** The emulator counts in ten chunks; a model counts in one or two, which shows nothing. */
const countingPrompt = 'Count slowly from 1 to 10';

/**
 * Shows an answer arrive, says whether it was live, and then shows the same answer through a path that holds it back
 * until it is whole. Returns 0 when the live run met every bar that could be measured, and the path that collects was
 * not taken for live.
 */
export const demoCommand = defineCommand({
  usage: ['demo [options] ["prompt"]', 'demo --recording FILE'],
  options: {
    recording: { type: 'string', value: 'FILE', description: 'play a file of server-sent events instead' },
    ...reportOption,
    ...connectionOptions,
  },
  examples: [
    ['demo', 'the answer as it is generated, then as a buffering path shows it'],
    ['demo --report demo.html', 'the same as a page to show to someone'],
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
  /** Where the page goes, where one is wanted. */
  readonly report: string | undefined;
}

async function showBoth(source: Source, { prompt, recording, report }: Demonstration, output: Output): Promise<number> {
  const subject = recording ?? prompt;
  output.line(`Live: ${subject}\n`);
  const live = await measure(source, prompt, output);
  if (live.events.length === 0) {
    output.note(`gemini-stream: ${live.end.error?.message ?? 'the stream held no chunk'}`);
    return exitCodeOf(live.end);
  }
  const analysis = analyseRuns([live]);
  output.line(paintMarks(['', ...timeline(live, [live]), '', ...timingReport(live, analysis), ''], output));
  if (live.end.status === 'stopped') return exitCodes.interrupted;
  if (live.end.error !== undefined) output.note(`gemini-stream: ${live.end.error.message}`);

  output.line('Buffered: the same answer through a path that collects it first\n');
  const held = await measureHeldBack(source, live, prompt, output);
  if (held.end.status === 'stopped') return exitCodes.interrupted;
  const told = `${counted(held.events.length, 'event')}, ${held.verdict.kind}: nothing for ${milliseconds(firstMs(held))}, then everything at once`;
  const compared = `live, the first was there after ${milliseconds(firstMs(live))}`;
  output.line(paintMarks(['', ...timeline(held, [live, held]), '', `  ${told}`, `  ${compared}`], output));
  if (report !== undefined) {
    const asked = { subject, source: recording === undefined ? sourceName(source) : 'a recording' };
    await writeReport(report, demoReport(asked, live, held));
    output.note(`gemini-stream: the report is in ${report}`);
  }
  const isTold = held.verdict.kind !== 'live';
  return isPassed(analysis) && isTold ? exitCodes.ok : exitCodes.error;
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

/** The same answer behind a collecting proxy: of the same emulator, or played back, which takes no second request. */
async function measureHeldBack(source: Source, live: MeasuredAnswer, prompt: string, output: Output) {
  const delayMs = analyseRuns([live]).interval?.meanMs ?? 0;
  const playback = source.emulator === undefined ? await play({ ...bodyOf(live), delayMs }) : undefined;
  const emulator = source.emulator ?? playback?.emulator;
  try {
    if (emulator === undefined) throw new TypeError('expected an emulator to play the answer back');
    const proxy = await createCollectingProxy(emulator.url);
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

// What was received, as it was on the wire: so the second run needs neither a second answer nor a key.
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
