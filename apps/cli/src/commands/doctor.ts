import { readFile } from 'node:fs/promises';
import { type CommandOptions, type OptionValues, defineCommand, readNumber } from '../command.ts';
import { type Examination, diagnose } from '../doctor/diagnose.ts';
import { type ExaminationPlan, examinePath, measurePath } from '../doctor/examine.ts';
import { type Finding, comparePaths } from '../doctor/findings.ts';
import { type DoctorResult, doctorReport, printDiagnosis, printFinding, printStream } from '../doctor/print.ts';
import { type DoctorQuestion, type DoctorTarget, doctorTarget } from '../doctor/target.ts';
import { UsageError, exitCodeOf, exitCodes } from '../exit-code.ts';
import { stopOnInterrupt } from '../interrupt.ts';
import type { MeasureLimits } from '../measure/measure-event-stream.ts';
import { longPrompt } from '../measure/measured-run.ts';
import { apiOptions, usesInteractions } from '../prompt/interaction-prompt.ts';
import { checkReportPath, reportOption, writeReport } from '../report/html-report.ts';
import type { Output } from '../terminal/output.ts';

const defaultListenSeconds = 60;
const maxEvents = 2_000;
const request = 'Request';

const doctorOptions = {
  compare: { type: 'string', value: 'URL', description: 'measure another path too, such as the server itself' },
  quick: { type: 'boolean', description: 'send one request only: the verdict, without the other findings' },
  idle: { type: 'string', value: 'SECONDS', description: 'also check whether a silent stream is cut within this time' },
  for: {
    type: 'string',
    value: 'SECONDS',
    description: `read each stream for at most this long (${defaultListenSeconds})`,
  },
  json: { type: 'boolean', description: 'one JSON object a line for each finding; the last has "type":"end"' },
  ...reportOption,
  get: { type: 'boolean', group: request, description: 'GET the URL unchanged: any event stream' },
  data: {
    type: 'string',
    short: 'd',
    value: 'BODY',
    group: request,
    description: 'POST this body to the URL; @FILE reads a file',
  },
  header: {
    type: 'string',
    short: 'H',
    value: "'NAME: VALUE'",
    multiple: true,
    group: request,
    description: 'send this header too',
  },
  'send-key': { type: 'boolean', group: request, description: "send the API key to a server that is not Google's" },
  model: {
    type: 'string',
    short: 'm',
    value: 'NAME',
    group: request,
    description: 'the model, if URL is a base URL',
  },
  ...apiOptions,
} as const satisfies CommandOptions;

type DoctorValues = OptionValues<typeof doctorOptions>;

/** `gemini-stream doctor`: reports whether a path is live, with the evidence, the likely cause and a fix. */
export const doctorCommand = defineCommand({
  usage: ['doctor [options] URL ["prompt"]', 'doctor --get URL', 'doctor --data BODY URL'],
  options: doctorOptions,
  examples: [
    ['doctor https://generativelanguage.googleapis.com', 'the API itself'],
    ['doctor https://proxy.example/gemini --send-key', 'a proxy before it, which gets the key too'],
    ['doctor https://app.example/chat --data @prompt.json', 'a server of your own that answers with events'],
    ['doctor --get https://app.example/events --idle 90', 'a feed, and whether silence is cut'],
    ['doctor http://localhost:8080 --compare http://localhost:8787', 'through the proxy against the server itself'],
  ],
  notes: [
    'The key is sent only to https origins of Google, unless --send-key is given. --compare sends headers and body to both.',
    'Exit codes: 0 live, 1 not live or inconclusive, 2 usage, 3 network or time-out.',
  ],
  ignoresConfig: true,
  async run({ values, positionals, rest = [], output }) {
    await checkReportPath(values.report);
    const [address, ...words] = [...positionals, ...rest];
    if (address === undefined) throw new UsageError('no URL: gemini-stream doctor URL (doctor --help shows more)');
    const controller = new AbortController();
    const question = { ...(await readQuestion(values, words.join(' '))), signal: controller.signal };
    const target = doctorTarget(address, question);
    const other = values.compare === undefined ? undefined : doctorTarget(values.compare, question);
    const plan = readPlan(values);
    const interrupt = stopOnInterrupt({ stop: () => controller.abort() });
    try {
      return await examine({ target, other, plan }, values, output);
    } finally {
      interrupt[Symbol.dispose]();
    }
  },
});

interface ExaminationRequest {
  readonly target: DoctorTarget;
  readonly other: DoctorTarget | undefined;
  readonly plan: ExaminationPlan;
}

async function examine(
  { target, other, plan }: ExaminationRequest,
  { json, report }: DoctorValues,
  output: Output,
): Promise<number> {
  const findings: Finding[] = [];
  const examination = await examinePath(target, plan, {
    onStream: (role, run) => printStream({ role, url: target.url, run }, json, output),
    onFinding(finding) {
      findings.push(finding);
      printFinding(finding, json, output);
    },
  });
  const compared = other === undefined ? undefined : await compare(examination, other, plan.limits);
  if (compared !== undefined) printStream({ role: 'compared', ...compared }, json, output);
  const result: DoctorResult = {
    examination,
    diagnosis: diagnose({ ...examination, isCompared: other !== undefined }),
    findings,
    compared,
  };
  printDiagnosis(result, json, output);
  if (report !== undefined) {
    await writeReport(report, doctorReport(result));
    output.note(`gemini-stream: the report is in ${report}`);
  }
  return exitCode(result);
}

function readPlan(values: DoctorValues): ExaminationPlan {
  const seconds = readNumber('for', values.for, { min: 1, max: 86_400 }) ?? defaultListenSeconds;
  const silence = readNumber('idle', values.idle, { min: 1, max: 3_600 });
  if (values.quick && silence !== undefined) throw new UsageError('expected --quick or --idle, got both');
  return {
    limits: { maxEvents, maxMs: seconds * 1_000 },
    isQuick: values.quick,
    silenceMs: silence === undefined ? undefined : silence * 1_000,
  };
}

async function readQuestion(values: DoctorValues, prompt: string): Promise<DoctorQuestion> {
  const { get, data, header: headers, model, 'send-key': sendKey } = values;
  const isInteraction = usesInteractions(values);
  return { get, data: await readBody(data), headers, model, isInteraction, sendKey, prompt: prompt || longPrompt };
}

async function readBody(data: string | undefined): Promise<string | undefined> {
  if (data === undefined || !data.startsWith('@')) return data;
  const path = data.slice(1);
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`--data: cannot read ${path}: ${cause.message}`, { cause });
  });
}

async function compare({ plain }: Examination, other: DoctorTarget, limits: MeasureLimits) {
  const run = await measurePath(other, limits);
  return { url: other.url, run, comparison: comparePaths(plain, run) };
}

function exitCode({ diagnosis, examination: { target, plain } }: DoctorResult): number {
  if (target.request.signal?.aborted) return exitCodes.interrupted;
  if (diagnosis.isLive) return exitCodes.ok;
  const code = exitCodeOf(plain.end);
  return plain.events.length === 0 && plain.end.status !== 'stopped' && code !== exitCodes.ok ? code : exitCodes.error;
}
