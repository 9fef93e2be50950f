import { readFile } from 'node:fs/promises';
import { saveOption } from './chat/last-chat.ts';
import type { CommandOption, CommandOptions } from './command.ts';
import { connectionOptions } from './connect.ts';
import { UsageError } from './exit-code.ts';
import { nearestName } from './misspelling.ts';
import { apiOptions } from './prompt/interaction-prompt.ts';
import { answerOptions } from './prompt/prompt-options.ts';
import { screenOptions } from './terminal/answer-screen.ts';

/** The options that a configuration file may set, by the same names as on the command line. */
export const configurableOptions = {
  ...connectionOptions,
  ...answerOptions,
  ...apiOptions,
  ...screenOptions,
  ...saveOption,
} as const satisfies CommandOptions;

/** The value of an option. */
type OptionValue = string | boolean | readonly string[];

/**
 * Reads a configuration file: one JSON object, whose names are those of the options. All of it is checked, and the settings
 * of the command's own options are returned, without those that an environment variable replaces.
 * @throws UsageError for a file that is unreadable or not a JSON object, for an unknown name, for an API key, and for a
 * value that the option cannot have
 */
export async function readConfig(
  path: string,
  options: CommandOptions,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Readonly<Record<string, OptionValue>>> {
  const known: CommandOptions = configurableOptions;
  const settings = Object.entries(await readObject(path)).map(([name, value]) => {
    const option = known[name];
    if (option === undefined) throw unknownName(path, name);
    return [name, readValue(`${path}: ${name}`, value, option)] as const;
  });
  return Object.fromEntries(
    settings.filter(([name]) => name in options && !(known[name]?.env ?? []).some((variable) => env[variable])),
  );
}

async function readObject(path: string): Promise<object> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) {
      const { code, message } = cause as NodeJS.ErrnoException;
      throw new UsageError(`cannot read ${path}: ${code === 'ENOENT' ? 'no such file' : (code ?? message)}`, { cause });
    }
    // The parser's message quotes the file, which may have a key in it.
    const [place = ''] = / \(line \d+ column \d+\)/.exec(cause.message) ?? [];
    throw new UsageError(`${path} is not JSON${place}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new UsageError(`${path}: expected a JSON object such as {"model": "gemini-pro-latest"}`);
}

function unknownName(path: string, name: string): UsageError {
  if (/key|token|secret|credential/i.test(name) && name !== 'max-token') {
    return new UsageError(`${path}: ${name} does not belong in a file: set GEMINI_API_KEY in the environment`);
  }
  const near = nearestName(name, Object.keys(configurableOptions));
  const hint =
    near === undefined ? `expected one of ${Object.keys(configurableOptions).join(', ')}` : `did you mean ${near}?`;
  return new UsageError(`${path}: unknown setting ${name}: ${hint}`);
}

function readValue(name: string, value: unknown, { type, multiple }: CommandOption): OptionValue {
  if (type === 'boolean') {
    if (typeof value === 'boolean') return value;
    throw new UsageError(`${name}: expected true or false, got ${kindOf(value)}`);
  }
  // Numbers are read from text, as on the command line.
  const texts = (Array.isArray(value) && multiple ? (value as unknown[]) : [value]).map((item) =>
    typeof item === 'number' ? String(item) : item,
  );
  const wrong = texts.find((text) => typeof text !== 'string');
  if (texts.some((text) => typeof text !== 'string')) {
    throw new UsageError(
      `${name}: expected ${multiple ? 'a list of texts' : 'a text or a number'}, got ${kindOf(wrong)}`,
    );
  }
  const [first = ''] = texts as string[];
  return multiple ? (texts as string[]) : first;
}

// Without the value itself, which may be a secret in the wrong place.
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
