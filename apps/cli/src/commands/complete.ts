import { RootCommand, type Command as TabCommand } from '@bomb.sh/tab';
import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { commandTable, defaultCommand } from '../command-table.ts';
import { type CommandOption, type CommandOptions, allOptions, defineCommand } from '../command.ts';
import { UsageError, exitCodes } from '../exit-code.ts';

const program = 'gemini-stream';

/**
 * The command in the script for bash, which evaluates a string of it and of the typed words. Here the words are quoted, and
 * `exit` leaves the rest out: a `$(…)` in a prompt must not run when Tab is pressed.
 */
const quotingProgram = `${program} complete -- \\"\\\${words[@]:1}\\"; exit #`;

const shells: readonly string[] = ['bash', 'zsh', 'fish', 'powershell'];

/** The values of options that have a few. Names of models are those of Google's aliases: the list itself is a request. */
const choices: Readonly<Record<string, readonly string[]>> = {
  api: ['generate-content', 'interactions'],
  config: ['none'],
  model: ['gemini-flash-latest', 'gemini-flash-lite-latest', 'gemini-pro-latest'],
};

/** The commands whose first word is a file. */
const fileCommands: ReadonlySet<string> = new Set(['record', 'replay']);

/** `gemini-stream complete`: prints the completion script of a shell, and answers the script. */
export const completeCommand = defineCommand({
  usage: ['complete bash|zsh|fish|powershell', 'complete -- WORD…'],
  options: {},
  examples: [
    ['complete bash >> ~/.bashrc', 'completion in bash, from the next shell on'],
    ['complete zsh > ~/.zfunc/_gemini-stream', 'in zsh'],
    ['complete fish > ~/.config/fish/completions/gemini-stream.fish', 'in fish'],
    ['complete powershell >> $PROFILE', 'in PowerShell'],
  ],
  notes: [
    'The script calls "complete -- WORD…" for the words typed so far. In bash it needs the package bash-completion.',
  ],
  ignoresConfig: true,
  async run({ positionals, rest }) {
    const root = new RootCommand();
    if (rest !== undefined) {
      await describeCommands(root, rest);
      root.parse([...rest]);
      return exitCodes.ok;
    }
    const [shell = '', ...more] = positionals;
    if (!shells.includes(shell) || more.length > 0) {
      throw new UsageError(
        `complete: expected a shell (${shells.join(', ')}), got ${positionals.join(' ') || 'nothing'}`,
      );
    }
    root.setup(program, shell === 'bash' ? quotingProgram : program, shell);
    return exitCodes.ok;
  },
});

/** Describes the commands to the library. Only the command in the words is loaded, with its options. */
async function describeCommands(root: RootCommand, words: readonly string[]): Promise<void> {
  const typed = words.at(-1) ?? '';
  const [first] = words;
  for (const { name, summary } of commandTable) root.command(name, summary);
  const help = root.command('help', 'show the commands, or the options of one');
  addArgument(
    help,
    'command',
    commandTable.map(({ name }) => name),
  );
  const entry = words.length > 1 ? commandTable.find(({ name }) => name === first) : undefined;
  const loaded = await (entry ?? defaultCommand).load();
  const target = entry === undefined ? root : root.commands.get(entry.name);
  if (target === undefined) return;
  if (!('runWords' in loaded)) addOptions(target, allOptions(loaded), typed);
  if (entry?.name === 'complete') addArgument(target, 'shell', shells);
  if (fileCommands.has(entry?.name ?? '')) addArgument(target, 'file', filesOf(typed));
}

function addArgument(command: TabCommand, name: string, values: readonly string[]): void {
  command.argument(name, (complete) => {
    for (const value of values) complete(value, '');
  });
}

function addOptions(command: TabCommand, options: CommandOptions, typed: string): void {
  for (const [name, option] of Object.entries(options)) {
    const { type, short, isOptional, description } = option;
    if (type === 'boolean') {
      if (short === undefined) command.option(name, description);
      else command.option(name, description, short);
      if (isOptional) command.option(`no-${name}`, description);
      continue;
    }
    const values = valuesOf(name, option, typed);
    command.option(name, description, (complete) => values.forEach((value) => complete(value, '')), short);
  }
}

function valuesOf(name: string, { value }: CommandOption, typed: string): readonly string[] {
  const files = value?.startsWith('FILE') ? filesOf(typed.replace(/^--[a-z-]+=/, '')) : [];
  return [...(choices[name] ?? []), ...files];
}

/** Returns the files whose paths begin with the typed text, folders with a slash. The script itself asks for no files. */
function filesOf(typed: string): string[] {
  const folder = typed.endsWith('/') ? typed : dirname(typed);
  const before = folder === '.' && !typed.startsWith('./') ? '' : folder.replace(/\/?$/, '/');
  const start = typed.endsWith('/') ? '' : basename(typed);
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => name.startsWith(start) && (start.startsWith('.') || !name.startsWith('.')))
      .map((entry) => `${before}${entry.name}${entry.isDirectory() ? '/' : ''}`);
  } catch {
    return [];
  }
}
