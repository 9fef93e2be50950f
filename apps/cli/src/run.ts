import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isatty } from 'node:tty';
import { type CommandEntry, commandTable, defaultCommand } from './command-table.ts';
import { type CommandOptions, type OptionValues, allOptions, parseInvocation } from './command.ts';
import { UsageError, exitCodes } from './exit-code.ts';
import { failureText } from './failure-text.ts';
import { commandHelp, overviewHelp } from './help-text.ts';
import { nearestName } from './misspelling.ts';
import { configPath } from './user-folders.ts';
import { type Output, OutputClosedError } from './terminal/output.ts';

const stdinDescriptor = 0;
/**
 * Runs one command and returns its exit code. Every failure is one line on standard error. All output is written when the
 * promise resolves, so that the process may exit.
 */
export async function run(words: readonly string[], output: Output): Promise<number> {
  try {
    const exitCode = await dispatch(words, output);
    await output.flushed();
    return exitCode;
  } catch (error) {
    const exitCode = explain(error, output);
    // A second failure of the output has nothing to add.
    await output.flushed().catch(() => undefined);
    return exitCode;
  }
}

function explain(error: unknown, output: Output): number {
  // A reader that closes its end (`gemini-stream … | head -1`) is not a failure.
  if (error instanceof OutputClosedError) return exitCodes.ok;
  output.note(`gemini-stream: ${failureText(error)}`);
  return error instanceof UsageError || error instanceof TypeError ? exitCodes.usage : exitCodes.error;
}

async function dispatch(words: readonly string[], output: Output): Promise<number> {
  const [first, second] = words;
  if (first === '--version') {
    output.line(version());
    return exitCodes.ok;
  }
  const named = entryOf(first === 'help' ? second : first);
  // A terminal that waits for a prompt without a sign looks like a command that hangs.
  const isBare = first === undefined && isatty(stdinDescriptor);
  if (isBare || first === '--help' || first === '-h' || (first === 'help' && words.length === 1)) {
    output.line(overviewHelp(commandTable));
    return exitCodes.ok;
  }
  if (named === undefined) refuseMisspelt(words);
  const entry = named ?? defaultCommand;
  const command = await entry.load();
  const own = first === 'help' && named !== undefined ? ['--help'] : words.slice(named === undefined ? 0 : 1);
  if ('runWords' in command) return command.runWords(own);
  const options = allOptions(command);
  const parsed = parseInvocation(own, options);
  if (parsed.values['help']) {
    output.line(commandHelp(entry, { ...command, options }));
    return exitCodes.ok;
  }
  const values = command.ignoresConfig ? parsed.values : await withDefaults(parsed, options);
  return command.run({ ...parsed, values, output });
}

/** Returns the values of a command line, with those of the configuration file for options that were not given. */
async function withDefaults(
  { values, given }: ReturnType<typeof parseInvocation>,
  options: CommandOptions,
): Promise<OptionValues<CommandOptions>> {
  const { config: named } = values;
  const path = named ?? configPath();
  if (named === 'none' || (named === undefined && !existsSync(path))) return values;
  const { readConfig } = await import('./config-file.ts');
  const settings = Object.entries(await readConfig(path, options)).filter(([name]) => !given.has(name));
  return { ...values, ...Object.fromEntries(settings) } as OptionValues<CommandOptions>;
}

/**
 * Refuses a first word that is nearly the name of a command or `--version`, if it stands alone, or if an option, a URL or
 * a file follows. Before other words it begins a prompt.
 * @throws UsageError that names the command or the option
 */
function refuseMisspelt([first = '', second]: readonly string[]): void {
  const near = nearestName(first, [...commandTable.map(({ name }) => name), 'help', '--version']);
  if (near === undefined || !/^$|^-|:\/\/|[\w-]\.[\w-]+$|^[./]/.test(second ?? '')) return;
  throw new UsageError(
    `unknown ${first.startsWith('-') ? 'option' : 'command'} ${first}: did you mean ${near}? (gemini-stream -- ${first} sends it as a prompt)`,
  );
}

function entryOf(name: string | undefined): CommandEntry | undefined {
  return commandTable.find((entry) => entry.name === name);
}

function version(): string {
  const manifest = createRequire(import.meta.url)('../package.json') as { version: string };
  return manifest.version;
}
