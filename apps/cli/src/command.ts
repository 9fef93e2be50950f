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
