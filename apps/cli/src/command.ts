import { parseArgs } from 'node:util';
import { UsageError } from './exit-code.ts';
import { nearestName } from './misspelling.ts';
import type { Output } from './terminal/output.ts';

/** One option of a command, for `parseArgs` and for `--help`. */
export interface CommandOption {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** May be given several times. */
  readonly multiple?: true;
  /** The flag has a third state, undefined, if neither it nor `--no-NAME` is given. */
  readonly isOptional?: true;
  /** The placeholder of the value in `--help`, in capitals. */
  readonly value?: string;
  /** The environment variables that set it too. They win over a configuration file. */
  readonly env?: readonly string[];
  /** Its heading in `--help`. @defaultValue 'Options' */
  readonly group?: string;
  readonly description: string;
}

/** The options of a command by their long names. */
export type CommandOptions = Readonly<Record<string, CommandOption>>;

type ValueOf<Option extends CommandOption> = Option extends { readonly type: 'boolean' }
  ? Option extends { readonly isOptional: true }
    ? boolean | undefined
    : boolean
  : Option extends { readonly multiple: true }
    ? readonly string[]
    : string | undefined;

/** The values of a command line. Lists are never undefined, and flags only if they are optional. */
export type OptionValues<Options extends CommandOptions> = {
  readonly [Name in keyof Options]: ValueOf<Options[Name]>;
};

/** One call of a command. */
interface Invocation<Options extends CommandOptions = CommandOptions> {
  readonly values: OptionValues<Options>;
  readonly positionals: readonly string[];
  /** The words after `--`; `undefined` without it. */
  readonly rest: readonly string[] | undefined;
  /** The names of the options on the command line, without those of the configuration file. */
  readonly given: ReadonlySet<string>;
  readonly output: Output;
}

/** A command line and its effect. */
export type CommandExample = readonly [line: string, effect: string];

/** One command: its `--help` and its action. */
export interface Command<Options extends CommandOptions = CommandOptions> {
  /** Its forms, without the program's name. */
  readonly usage: readonly string[];
  readonly options: Options;
  readonly examples: readonly CommandExample[];
  /** Paragraphs below the examples, printed unchanged. */
  readonly notes?: readonly string[];
  /** The command takes no defaults from the configuration file: its requests need their server on the command line. */
  readonly ignoresConfig?: true;
  /**
   * Resolves with the exit code.
   * @throws UsageError for invalid words and values
   */
  run(invocation: Invocation<Options>): Promise<number>;
}

/** A command that parses all of its words itself, including `--help`. */
export interface PassThroughCommand {
  /** Resolves with the exit code. */
  runWords(words: readonly string[]): Promise<number>;
}

const group = 'Other';

/** The options of every command that takes defaults. */
const configOption = {
  config: {
    type: 'string',
    value: 'FILE',
    group,
    description: 'take defaults from this file (config.json in the configuration folder); none takes none',
  },
} as const satisfies CommandOptions;

const helpOption = { help: { type: 'boolean', short: 'h', group, description: 'this text' } } as const;

/** Returns the options of a command with those that every command has. */
export function allOptions({ options, ignoresConfig }: Pick<Command, 'options' | 'ignoresConfig'>): CommandOptions {
  return { ...options, ...(ignoresConfig ? {} : configOption), ...helpOption };
}

/** Returns the command, with the types of its options in `run`. */
export function defineCommand<const Options extends CommandOptions>(command: Command<Options>): Command<Options> {
  return command;
}

/** The parsed words after the name of a command. */
type ParsedWords<Options extends CommandOptions> = Omit<Invocation<Options>, 'output'>;

/**
 * Parses the words after the name of a command. Leaves the words after `--` unparsed.
 * @throws UsageError for an unknown option, and for an option without its value
 */
export function parseInvocation<Options extends CommandOptions>(
  words: readonly string[],
  options: Options,
): ParsedWords<Options> {
  const separator = words.indexOf('--');
  const own = separator === -1 ? words : words.slice(0, separator);
  const { values, positionals } = parse(own, options);
  const filled = Object.entries(options).map(([name, option]) => [name, values[name] ?? emptyValue(option)]);
  return {
    values: Object.fromEntries(filled) as OptionValues<Options>,
    given: new Set(Object.keys(values)),
    positionals,
    rest: separator === -1 ? undefined : words.slice(separator + 1),
  };
}

function parse(words: readonly string[], options: CommandOptions) {
  const config = Object.fromEntries(
    Object.entries(options).map(([name, { type, short, multiple = false }]) => [
      name,
      { type, multiple, ...(short === undefined ? {} : { short }) },
    ]),
  );
  try {
    return parseArgs({ args: [...words], options: config, allowPositionals: true, allowNegative: true });
  } catch (cause) {
    throw new UsageError(wordsError(cause as NodeJS.ErrnoException, words, options), { cause });
  }
}

/** Returns an error of `parseArgs` in the words of the command. */
function wordsError(
  { code, message }: NodeJS.ErrnoException,
  words: readonly string[],
  options: CommandOptions,
): string {
  const [, named = ''] = /'(?:-\w, )?(--?[^\s']*)/.exec(message) ?? [];
  const name = named.replace(/^--?(?:no-)?/, '');
  const option = options[name];
  const typed = [named, `-${option?.short ?? ''}`].find((form) => words.includes(form)) ?? named;
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const near = typed.startsWith('--') ? nearestName(name, Object.keys(options)) : undefined;
    const hint =
      near === undefined ? `--help lists the options, and -- ${typed} sends it as text` : `did you mean --${near}?`;
    return `unknown option ${typed}: ${hint}`;
  }
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' && option !== undefined) {
    if (option.type === 'boolean') return `${typed} takes no value`;
    // `--stop -x` reads like two options.
    const form = `${typed} ${option.value ?? 'VALUE'}`;
    return message.includes('ambiguous')
      ? `${typed} needs a value: for one that begins with -, write ${typed}=-…`
      : `${typed} needs a value: ${form}`;
  }
  return message.replaceAll('\n', ' ');
}

function emptyValue({ type, multiple, isOptional }: CommandOptions[string]): false | [] | undefined {
  if (type === 'boolean') return isOptional ? undefined : false;
  return multiple ? [] : undefined;
}

/** The range of a number option. */
interface NumberRange {
  readonly min: number;
  /** @defaultValue `Infinity` */
  readonly max?: number;
  /** @defaultValue false */
  readonly isInteger?: boolean;
}

/**
 * Reads the number of an option; returns `undefined` if the option was not given.
 * @throws UsageError with the expected range and the given text
 */
export function readNumber(
  name: string,
  text: string | undefined,
  { min, max = Infinity, isInteger = false }: NumberRange,
): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const fits = Number.isFinite(value) && value >= min && value <= max && (!isInteger || Number.isInteger(value));
  if (fits) return value;
  const kind = isInteger ? 'a whole number' : 'a number';
  const range = max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new UsageError(`--${name}: expected ${kind} ${range}, got ${JSON.stringify(text)}`);
}
