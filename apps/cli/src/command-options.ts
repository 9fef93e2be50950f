import { parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';

/** What was asked for on the command line. */
export interface CommandOptions {
  readonly command: 'stream' | 'demo' | 'help' | 'version';
  /** Undefined where none was given: then standard input is the prompt. */
  readonly prompt: string | undefined;
  readonly model: string | undefined;
  readonly baseUrl: string | undefined;
  readonly json: boolean;
  /** Start the emulator where there is no key. */
  readonly emulator: boolean;
  readonly recording: string | undefined;
}

const options = {
  model: { type: 'string', short: 'm' },
  'base-url': { type: 'string' },
  json: { type: 'boolean', default: false },
  emulator: { type: 'boolean', default: true },
  recording: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', default: false },
} as const;

/**
 * Reads the command line.
 * @throws UsageError for an option that there is not, and for one in the wrong place
 */
export function parseCommandLine(args: readonly string[]): CommandOptions {
  const { values, positionals } = parse(args);
  const isDemo = positionals[0] === 'demo';
  const words = isDemo ? positionals.slice(1) : positionals;
  if (values.recording !== undefined && !isDemo) throw new UsageError('--recording goes with demo');
  if (values.json && isDemo) throw new UsageError('--json does not go with demo');
  const prompt = words.join(' ');
  return {
    command: commandOf(values.help, values.version, isDemo),
    prompt: prompt === '' || prompt === '-' ? undefined : prompt,
    model: values.model,
    baseUrl: values['base-url'],
    json: values.json,
    emulator: values.emulator,
    recording: values.recording,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, allowNegative: true });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function commandOf(help: boolean, version: boolean, demo: boolean): CommandOptions['command'] {
  if (help) return 'help';
  if (version) return 'version';
  return demo ? 'demo' : 'stream';
}
