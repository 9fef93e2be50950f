import { parseArgs } from 'node:util';
import { UsageError } from './exit-code.ts';
import type { Output } from './terminal/output.ts';

/** One option of a command: what `parseArgs` takes, and what `--help` says of it. */
export interface CommandOption {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** May be given several times. */
  readonly multiple?: true;
  /** A flag that is on by itself; `--help` shows it as `--no-NAME`. */
  readonly default?: true;
  /** What stands for the value in `--help`, in capitals. */
  readonly value?: string;
  /** The heading in `--help` under which it stands. @defaultValue 'Options' */
  readonly group?: string;
  readonly description: string;
}

/** The options of a command by their long names. */
export type CommandOptions = Readonly<Record<string, CommandOption>>;

type ValueOf<Option extends CommandOption> = Option extends { readonly type: 'boolean' }
  ? boolean
  : Option extends { readonly multiple: true }
    ? readonly string[]
    : string | undefined;

/** What was given for each option. A flag is always there, and so is a list, if empty. */
export type OptionValues<Options extends CommandOptions> = {
  readonly [Name in keyof Options]: ValueOf<Options[Name]>;
};

/** One call of a command. */
export interface Invocation<Options extends CommandOptions = CommandOptions> {
  readonly values: OptionValues<Options>;
  readonly positionals: readonly string[];
  /** What stood behind `--`; undefined where there was none. */
  readonly rest: readonly string[] | undefined;
  readonly output: Output;
}

/** A line to type, and what it does. */
export type CommandExample = readonly [line: string, effect: string];

/** One command: what `--help` says of it, and what it does. */
export interface Command<Options extends CommandOptions = CommandOptions> {
  /** Its forms, without the program's name. */
  readonly usage: readonly string[];
  readonly options: Options;
  readonly examples: readonly CommandExample[];
  /** Paragraphs under the options, as they are printed. */
  readonly notes?: readonly string[];
  /** Resolves with the exit code. Throws a `UsageError` for what cannot be meant. */
  run(invocation: Invocation<Options>): Promise<number>;
}

/** A command that reads all of its words itself, `--help` among them. */
export interface PassThroughCommand {
  /** Resolves with the exit code. */
  runWords(words: readonly string[]): Promise<number>;
}

/** A command whose `run` knows its options by name and type. */
export function defineCommand<const Options extends CommandOptions>(command: Command<Options>): Command<Options> {
  return command;
}

/** What the words after a command's name mean. */
export type ParsedWords<Options extends CommandOptions> = Omit<Invocation<Options>, 'output'>;

/**
 * Reads the words after a command's name. What stands behind `--` is left as it is.
 * @throws UsageError for an option that there is not, and for one without its value
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
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(message.replaceAll('\n', ' '), { cause });
  }
}

function emptyValue({ type, multiple, default: on }: CommandOptions[string]): false | true | [] | undefined {
  if (type === 'boolean') return on ?? false;
  return multiple ? [] : undefined;
}

/** What a number may be. */
export interface NumberRule {
  readonly least: number;
  /** @defaultValue none */
  readonly most?: number;
  /** @defaultValue false */
  readonly whole?: true;
}

/**
 * The number that an option was given.
 * @throws UsageError that tells what was expected and what was got
 */
export function readNumber(
  name: string,
  text: string | undefined,
  { least, most = Infinity, whole }: NumberRule,
): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const fits = Number.isFinite(value) && value >= least && value <= most && (whole !== true || Number.isInteger(value));
  if (fits) return value;
  const kind = whole === true ? 'a whole number' : 'a number';
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new UsageError(`--${name}: expected ${kind} ${range}, got ${JSON.stringify(text)}`);
}
