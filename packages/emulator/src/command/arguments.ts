import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { fullSpeed, humanPace, type Pace } from '../answers/pace.ts';
import { type ScriptedReply, scriptFromJson } from '../answers/script.ts';
import type { EmulatorOptions } from '../emulator-options.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { readScenario } from '../scenarios/scenarios.ts';
import { nearestNames } from '../wire/nearest-names.ts';

/** The parsed command line. Its files are not read yet. */
export interface CommandLine {
  readonly action: 'help' | 'scenarios' | 'serve';
  readonly port: number | undefined;
  readonly host: string | undefined;
  readonly seed: number | undefined;
  readonly pace: Pace;
  readonly scenario: string | undefined;
  readonly scriptFile: string | undefined;
  readonly strict: boolean;
  readonly recordingFile: string | undefined;
  readonly chunk: number | 'whole' | 'event';
  readonly recordFile: string | undefined;
  readonly target: string;
  readonly replayFile: string | undefined;
  readonly speed: number;
  readonly apiKey: string | undefined;
  readonly isQuiet: boolean;
  /** The child command and its arguments; empty without a child command. */
  readonly child: readonly string[];
}

/**
 * Parses the command line.
 * @throws TypeError for an invalid argument, with a message for the user
 */
export function readArguments(commandLine: readonly string[]): CommandLine {
  const separator = commandLine.indexOf('--');
  const own = separator === -1 ? commandLine : commandLine.slice(0, separator);
  const values = parseFlags(own);
  return {
    action: values.help === true ? 'help' : values.scenarios === true ? 'scenarios' : 'serve',
    port: readInteger('--port', values.port),
    host: values.host,
    seed: readInteger('--seed', values.seed),
    pace: readPace(values.pace ?? 'human'),
    scenario: values.scenario,
    scriptFile: values.script,
    strict: values.strict === true,
    recordingFile: values.recording,
    chunk: readChunk(values.chunk ?? 'event'),
    recordFile: values.record,
    target: values.target ?? 'https://generativelanguage.googleapis.com',
    replayFile: values.replay,
    speed: readNumber('--speed', values.speed ?? '1'),
    apiKey: values['api-key'],
    isQuiet: values.quiet === true,
    child: separator === -1 ? [] : commandLine.slice(separator + 1),
  };
}

function parseFlags(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: flags }).values;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const [, name = ''] = /'--([^\s'=]+)/.exec(message) ?? [];
    const [near] = nearestNames(Object.keys(flags), name);
    if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION' || name === '' || near === undefined) throw cause;
    throw new TypeError(`unknown option --${name}: did you mean --${near}?`, { cause });
  }
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const flags = {
  help: { type: 'boolean', short: 'h' },
  scenarios: flag,
  port: text,
  host: text,
  seed: text,
  pace: text,
  scenario: text,
  script: text,
  strict: flag,
  recording: text,
  chunk: text,
  record: text,
  target: text,
  replay: text,
  speed: text,
  'api-key': text,
  quiet: { type: 'boolean', short: 'q' },
} as const;

function readInteger(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,10}$/u.test(value)) throw new TypeError(`${name}: expected a whole number, got ${value}`);
  return Number(value);
}

function readNumber(name: string, value: string): number {
  if (!/^\d+(?:\.\d+)?$/u.test(value)) throw new TypeError(`${name}: expected a number, got ${value}`);
  return Number(value);
}

function readChunk(value: string): number | 'whole' | 'event' {
  return value === 'whole' || value === 'event' ? value : (readInteger('--chunk', value) ?? 1);
}

function readPace(value: string): Pace {
  if (value === 'human') return humanPace;
  if (value === 'full' || value === '0') return fullSpeed;
  const numbers = value.split(',').map((number) => (number.trim() === '' ? Number.NaN : Number(number)));
  const [timeToFirstTokenMs = 0, tokensPerSecond = 0, jitter = 0, burst = humanPace.burst] = numbers;
  if (numbers.length < 2 || numbers.length > 4 || numbers.some((number) => !(number >= 0))) {
    throw new TypeError(`--pace: expected human, full, 0 or FIRST_MS,TOKENS_PER_SECOND[,JITTER[,BURST]], got ${value}`);
  }
  return { timeToFirstTokenMs, tokensPerSecond: tokensPerSecond === 0 ? Infinity : tokensPerSecond, jitter, burst };
}

const standardPort = 8787;

/**
 * Reads the files of a command line and returns the emulator's options.
 * @throws TypeError for an unreadable file or an invalid value
 */
export async function readOptions(line: CommandLine): Promise<EmulatorOptions> {
  return {
    port: line.port ?? (line.child.length > 0 ? 0 : standardPort),
    host: line.host,
    seed: line.seed,
    pace: line.pace,
    scenario: line.scenario === undefined ? undefined : await readScenarioOption(line.scenario),
    script: line.scriptFile === undefined ? undefined : await readScript(line.scriptFile),
    strict: line.strict,
    recording:
      line.recordingFile === undefined ? undefined : { body: await read(line.recordingFile), chunkBytes: line.chunk },
    record: line.recordFile === undefined ? undefined : { target: line.target, file: line.recordFile },
    replay: line.replayFile === undefined ? undefined : { file: line.replayFile, speed: line.speed },
    apiKey: line.apiKey === undefined ? undefined : { accepted: [line.apiKey], required: true },
  };
}

async function readScenarioOption(value: string): Promise<Scenario> {
  return readScenario(value.endsWith('.json') ? await readJson(value) : value);
}

async function readScript(file: string): Promise<readonly ScriptedReply[]> {
  return scriptFromJson(await readJson(file));
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse((await read(file)).toString('utf8'));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new TypeError(`${file}: expected JSON`, { cause });
    throw cause;
  }
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new TypeError(`${file}: the file is unreadable (${code})`, { cause });
  }
}

/** Returns the text of `--help`. `program` is the name of the command. */
export function helpText(program: string): string {
  return `${program} – a local server that speaks the Gemini API

Usage
  ${program} [options]
  ${program} [options] -- COMMAND [ARGUMENT…]     run a command against it and return its exit code

Options
  --port NUMBER       the port to listen on; 0 takes a free one     (8787; 0 with a command)
  --host ADDRESS      the address to listen on                      (127.0.0.1)
                      any other than loopback admits other machines
  --seed NUMBER       the seed of the answers and random faults     (0)
  --pace PACE         human, full or 0, or FIRST_MS,TOKENS_PER_SECOND[,JITTER[,BURST]]    (human)
  --scenario NAME     the name of a scenario, or a JSON file
  --scenarios         list the scenarios
  --script FILE       replies from a JSON file, by match on model, text or turn
  --strict            refuse requests that match no reply of the script
  --recording FILE    answer every call with the bytes of this file
  --chunk SIZE        the size of its writes: whole, event, or bytes    (event)
  --record FILE       forward calls to --target and write a cassette
  --target URL        the server to record    (https://generativelanguage.googleapis.com)
  --replay FILE       answer from a cassette
  --speed NUMBER      1 as recorded, 2 twice as fast, 0 without waiting   (1)
  --api-key KEY       the only key that is accepted                     (any but bad-key)
  -q, --quiet         print no line for each request
  -h, --help          show this text

The emulator prints its address on stdout, or on stderr with a command. Without a command it prints
a line on stderr for each request when it has ended. Ctrl-C stops it with exit
code 130, SIGTERM with 0; a second signal stops it at once.
GET /__emulator/requests lists the received requests. The base URL http://127.0.0.1:PORT/__scenario/NAME
selects a scenario.
`;
}
