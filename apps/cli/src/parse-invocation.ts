import { parseArgs } from 'node:util';
import type { CommandOptions, Invocation, OptionValues } from './command.ts';
import { UsageError } from './usage-error.ts';

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
