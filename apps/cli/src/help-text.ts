import type { CommandEntry } from './command-table.ts';
import type { Command, CommandExample, CommandOption } from './command.ts';

const program = 'gemini-stream';

/** Returns the text of `gemini-stream --help`. */
export function overviewHelp(entries: readonly CommandEntry[]): string {
  return `${program}: stream Gemini answers, and see whether they really stream

  ${program} "prompt"
  ${program} < prompt.txt
  ${program} COMMAND [options]

Commands (${program} COMMAND --help shows the options and examples of each)
${columns(entries.map(({ name, summary }) => [name, summary]))}

Examples
${exampleLines([
  ['"Why do tides follow the moon?"', 'an answer as it is generated'],
  ['--json "hi" | jq -c .type', 'its events, one JSON object a line'],
  ['demo', 'what streaming is, measured'],
])}

The key is GOOGLE_API_KEY or GEMINI_API_KEY. Without one, answers come from a local emulator, and a line on standard
error says so. Defaults of options: ~/.config/gemini-stream/config.json (--config FILE reads another file).

Exit codes: 0 complete, 1 the API or the stream failed, 2 usage, 3 network or time-out, 4 blocked, 5 cut off,
130 interrupted.`;
}

/** Returns the text of `gemini-stream COMMAND --help`. */
export function commandHelp({ name, summary }: CommandEntry, command: Command): string {
  const groups = Map.groupBy(Object.entries(command.options), ([, { group }]) => group ?? 'Options');
  const sections = [...groups].map(([title, options]) => [title, columns(options.map(optionRow))].join('\n'));
  return [
    `${program} ${name}: ${summary}`,
    command.usage.map((usage) => `  ${program} ${usage}`).join('\n'),
    ...sections,
    ['Examples', exampleLines(command.examples)].join('\n'),
    ...(command.notes ?? []),
  ].join('\n\n');
}

function optionRow([name, option]: [string, CommandOption]): [string, string] {
  const { short, value, multiple, description } = option;
  const left = `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
  return [left, multiple ? `${description} (may be repeated)` : description];
}

function exampleLines(examples: readonly CommandExample[]): string {
  return columns(examples.map(([line, effect]) => [`${program} ${line}`, effect]));
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
