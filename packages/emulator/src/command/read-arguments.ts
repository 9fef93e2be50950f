import { parseArgs } from 'node:util';
import type { EmulatorOptions } from '../emulator-options.ts';
import { fullSpeed, humanPace, type Pace } from '../wire/pace.ts';

/** What the command was asked to do. */
export type CommandRequest =
  | { readonly type: 'help' }
  | { readonly type: 'serve'; readonly options: EmulatorOptions; readonly child: readonly string[] };

/** Reads the command line. Throws a `TypeError` whose message is for the person who typed it. */
export function readArguments(commandLine: readonly string[]): CommandRequest {
  const separator = commandLine.indexOf('--');
  const own = separator === -1 ? commandLine : commandLine.slice(0, separator);
  const { values } = parseArgs({
    args: [...own],
    options: {
      help: { type: 'boolean', short: 'h' },
      port: { type: 'string' },
      host: { type: 'string' },
      scenario: { type: 'string' },
      seed: { type: 'string' },
      pace: { type: 'string' },
    },
  });
  if (values.help === true) return { type: 'help' };
  const options: EmulatorOptions = {
    port: readInteger('--port', values.port),
    host: values.host,
    scenario: values.scenario,
    seed: readInteger('--seed', values.seed),
    pace: readPace(values.pace ?? 'human'),
  };
  return { type: 'serve', options, child: separator === -1 ? [] : commandLine.slice(separator + 1) };
}

function readInteger(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/u.test(text)) throw new TypeError(`${name}: expected a whole number, got ${text}`);
  return Number(text);
}

/** `human`, `full`, or `TIME_TO_FIRST_TOKEN_MS,TOKENS_PER_SECOND[,JITTER[,BURST]]`. */
function readPace(text: string): Pace {
  if (text === 'human') return humanPace;
  if (text === 'full') return fullSpeed;
  const numbers = text.split(',').map((number) => (number.trim() === '' ? Number.NaN : Number(number)));
  const [timeToFirstTokenMs = 0, tokensPerSecond = 0, jitter = 0, burst = humanPace.burst] = numbers;
  if (numbers.length < 2 || numbers.length > 4 || numbers.some((number) => !(number >= 0))) {
    throw new TypeError(`--pace: expected human, full or FIRST_MS,TOKENS_PER_SECOND[,JITTER[,BURST]], got ${text}`);
  }
  return { timeToFirstTokenMs, tokensPerSecond, jitter, burst };
}
