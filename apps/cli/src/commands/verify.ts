import { defineCommand, readNumber } from '../command.ts';
import { type Connection, connect, connectionOptions } from '../connect.ts';
import { exitCodeOf, exitCodes } from '../exit-code.ts';
import { stopOnInterrupt } from '../interrupt.ts';
import {
  type TimingAnalysis,
  type TimingBars,
  analyseRuns,
  analysisJson,
  barOptions,
  isPassed,
  judgeCompleteness,
  readBars,
  runJson,
} from '../measure/analysis.ts';
import { fetchLastEmulatorRequest, withSentTimes } from '../measure/emulator-log.ts';
import { measureAnswer } from '../measure/measure-answer.ts';
import { type MeasuredRun, longPrompt } from '../measure/measured-run.ts';
import { apiOptions, usesInteractions } from '../prompt/interaction-prompt.ts';
import { checkLines, counted, paintMarks, resultMarks, runLine, spreadLines } from '../measure/report-text.ts';
import { checkReportPath, reportOption, writeReport } from '../report/html-report.ts';
import type { Report, Tone } from '../report/report.ts';
import type { Output } from '../terminal/output.ts';

const defaultRuns = 3;
const maxRuns = 1_000;

/** `gemini-stream verify`: measures an endpoint over several runs and compares each figure with its limit. */
export const verifyCommand = defineCommand({
  usage: ['verify [options] ["prompt"]'],
  options: {
    runs: { type: 'string', short: 'n', value: 'N', description: `number of answers to measure (${defaultRuns})` },
    json: { type: 'boolean', description: 'one line of JSON a run; the last has "type":"end"' },
    ...reportOption,
    ...barOptions,
    ...apiOptions,
    ...connectionOptions,
  },
  examples: [
    ['verify', 'the local emulator, or Gemini if there is a key'],
    ['verify --runs 10 --first-ms 2000', 'ten answers, with a higher limit for the first event'],
    ['verify --base-url http://127.0.0.1:8787 --json', 'another server, for a program to read'],
    ['verify --report verify.html', 'the same as a page'],
  ],
  notes: [
    'A figure that cannot be measured does not fail: only the emulator reports when it sent an event, and an answer of fewer\n' +
      'than five events looks the same live and buffered.',
    'Exit codes: 0 all limits were kept, 1 a limit was exceeded; otherwise the exit code of the first run that failed.',
  ],
  async run({ values, positionals, rest = [], output }) {
    await checkReportPath(values.report);
    const runs = readNumber('runs', values.runs, { min: 1, max: maxRuns, isInteger: true }) ?? defaultRuns;
    const bars = readBars(values);
    const isInteraction = usesInteractions(values);
    const prompt = [...positionals, ...rest].join(' ') || longPrompt;
    const connection = await connect(values, output);
    const interrupted = new AbortController();
    const interrupt = stopOnInterrupt({ stop: () => interrupted.abort() });
    try {
      const measurement = { prompt, runs, isInteraction, baseUrl: values['base-url'], signal: interrupted.signal };
      const measured = await measureRuns(connection, measurement, (run, number) => {
        if (values.json) output.json({ type: 'run', run: number, ...runJson(run) });
        else output.line(runLine(run, number, runs));
      });
      const emulated = connection.emulator !== undefined;
      const analysis = judgeCompleteness(analyseRuns(measured, bars), measured);
      printResult(analysis, { emulated, isJson: values.json, bars }, output);
      if (values.report !== undefined) {
        const source = emulated ? 'the local emulator' : undefined;
        await writeReport(values.report, verifyReport({ subject: prompt, source }, measured, analysis));
        output.note(`gemini-stream: the report is in ${values.report}`);
      }
      return interrupted.signal.aborted ? exitCodes.interrupted : exitCode(measured, analysis);
    } finally {
      interrupt[Symbol.dispose]();
      await connection[Symbol.asyncDispose]();
    }
  },
});

interface Measurement {
  readonly prompt: string;
  readonly runs: number;
  readonly isInteraction: boolean;
  readonly baseUrl: string | undefined;
  /** Ends the measurement after the run that is under way. */
  readonly signal: AbortSignal;
}

/** Measures one run after another: parallel runs would share the connection and the processor. */
async function measureRuns(
  { gemini, emulator }: Connection,
  {
    prompt,
    runs,
    isInteraction,
    signal,
    baseUrl = process.env['GEMINI_BASE_URL'] || process.env['GOOGLE_GEMINI_BASE_URL'],
  }: Measurement,
  onRun: (run: MeasuredRun, number: number) => void,
): Promise<MeasuredRun[]> {
  const measured: MeasuredRun[] = [];
  for (let number = 1; number <= runs; number += 1) {
    const answer = await measureAnswer(() =>
      isInteraction
        ? gemini.interactions.stream(prompt, { rawChunks: true, store: false })
        : gemini.stream(prompt, { rawChunks: true }),
    );
    const record = emulator === undefined ? await recordAt(baseUrl, answer) : emulator.requests.at(-1);
    const run = withSentTimes(answer, record);
    measured.push(run);
    onRun(run, number);
    // After an interrupt the figures so far are reported.
    if (signal.aborted) break;
  }
  return measured;
}

/** Returns the record of this run if the server is an emulator of another process. */
async function recordAt(baseUrl: string | undefined, { startedAt }: MeasuredRun) {
  const isUrl = baseUrl !== undefined && URL.canParse(baseUrl);
  return isUrl ? fetchLastEmulatorRequest(new URL(baseUrl), startedAt) : undefined;
}

interface ResultOptions {
  readonly emulated: boolean;
  readonly isJson: boolean;
  readonly bars: TimingBars;
}

function printResult(analysis: TimingAnalysis, { emulated, isJson, bars }: ResultOptions, output: Output): void {
  const passed = isPassed(analysis);
  if (isJson) return output.json({ type: 'end', passed, emulated, bars, ...analysisJson(analysis) });
  const verdict = passed ? `${resultMarks.met} all measured limits were kept` : `${resultMarks.missed} not passed`;
  output.line(paintMarks(['', ...spreadLines(analysis), '', ...checkLines(analysis), '', verdict], output));
}

function exitCode(runs: readonly MeasuredRun[], analysis: TimingAnalysis): number {
  const failed = runs.find(({ end }) => end.status !== 'completed');
  if (failed !== undefined) return exitCodeOf(failed.end);
  return isPassed(analysis) ? exitCodes.ok : exitCodes.error;
}

/** The most runs that the page draws. Its figures are of all runs. */
const maxLanes = 12;

/** Returns the verification as a page: each run, and the figures of all runs. */
function verifyReport(
  subjectAndSource: Pick<Report, 'subject' | 'source'>,
  runs: readonly MeasuredRun[],
  analysis: TimingAnalysis,
): Report {
  const missed = analysis.checks.filter(({ result }) => result === 'missed').length;
  const passed = missed === 0;
  return {
    command: 'gemini-stream verify',
    ...subjectAndSource,
    madeAt: new Date(runs[0]?.startedAt ?? Date.now()),
    tone: passed ? 'good' : 'bad',
    headline: passed ? 'All limits were kept' : `${missed} of ${analysis.checks.length} limits exceeded`,
    explanation: `${counted(analysis.runs, 'answer')} to the same prompt, one after another: ${counted(analysis.events, 'event')} in all. Each figure is taken over all of them and compared with its limit.`,
    analysis,
    lanes: runs.slice(0, maxLanes).map((run, index) => ({
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
