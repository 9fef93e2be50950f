import { createRequire } from 'node:module';
import { type CommandEntry, commandTable, defaultCommand } from './command-table.ts';
import { type CommandOption, parseInvocation } from './command.ts';
import { UsageError, exitCodes } from './exit-code.ts';
import { commandHelp, overviewHelp } from './help-text.ts';
import { type Output, OutputClosedError } from './terminal/output.ts';

const help = { type: 'boolean', short: 'h', description: 'this text' } as const satisfies CommandOption;

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
  output.note(`gemini-stream: ${error instanceof Error ? error.message : String(error)}`);
  return error instanceof UsageError || error instanceof TypeError ? exitCodes.usage : exitCodes.error;
}

async function dispatch(words: readonly string[], output: Output): Promise<number> {
  const [first, second] = words;
  if (first === '--version') {
    output.line(version());
    return exitCodes.ok;
  }
  const named = entryOf(first === 'help' ? second : first);
  if (first === '--help' || first === '-h' || (first === 'help' && words.length === 1)) {
    output.line(overviewHelp(commandTable));
    return exitCodes.ok;
  }
  if (named === undefined) refuseMisspelt(words);
  const entry = named ?? defaultCommand;
  const command = await entry.load();
  const own = first === 'help' && named !== undefined ? ['--help'] : words.slice(named === undefined ? 0 : 1);
  if ('runWords' in command) return command.runWords(own);
  const options = { ...command.options, help };
  const parsed = parseInvocation(own, options);
  if (parsed.values.help) {
    output.line(commandHelp(entry, { ...command, options }));
    return exitCodes.ok;
  }
  return command.run({ ...parsed, output });
}

/**
 * Refuses a first word that is nearly the name of a command, if an option, a URL or a file follows. A word of four letters,
 * such as `what`, and a word alone are prompts.
 * @throws UsageError that names the command
 */
function refuseMisspelt([first = '', second]: readonly string[]): void {
  const near = commandTable.find(({ name }) => isMisspelling(first, name))?.name;
  if (near === undefined || !/^-|:\/\/|[\w-]\.[\w-]+$|^[./]/.test(second ?? '')) return;
  throw new UsageError(`unknown command ${first}: did you mean ${near}? (-- ${first} sends the word as a prompt)`);
}

/** Whether a word differs from a name in one letter, or in two letters that are swapped. */
function isMisspelling(word: string, name: string): boolean {
  if (word === name || Math.abs(word.length - name.length) > 1 || word.length < 5) return false;
  let start = 0;
  while (start < name.length && word[start] === name[start]) start += 1;
  let end = 0;
  while (end < name.length - start && end < word.length - start && word.at(-1 - end) === name.at(-1 - end)) end += 1;
  const [inWord, inName] = [word.slice(start, word.length - end), name.slice(start, name.length - end)];
  const isSwapped = inWord.length === 2 && inWord[0] === inName[1] && inWord[1] === inName[0];
  return isSwapped || Math.max(inWord.length, inName.length) <= 1;
}

function entryOf(name: string | undefined): CommandEntry | undefined {
  return commandTable.find((entry) => entry.name === name);
}

function version(): string {
  const manifest = createRequire(import.meta.url)('../package.json') as { version: string };
  return manifest.version;
}
