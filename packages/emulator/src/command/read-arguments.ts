import { parseArgs } from 'node:util';
import { fullSpeed, humanPace, type Pace } from '../wire/pace.ts';

/** The command line, read but not yet acted upon: files are still names. */
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
  /** The command to run and its arguments; empty: none. */
  readonly child: readonly string[];
}

/** Reads the command line. Throws a `TypeError` whose message is for the person who typed it. */
export function readArguments(commandLine: readonly string[]): CommandLine {
  const separator = commandLine.indexOf('--');
  const own = separator === -1 ? commandLine : commandLine.slice(0, separator);
  const { values } = parseArgs({ args: [...own], options: flags });
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
    child: separator === -1 ? [] : commandLine.slice(separator + 1),
  };
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
  return { timeToFirstTokenMs, tokensPerSecond, jitter, burst };
}
