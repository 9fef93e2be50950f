import { fstatSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { isatty } from 'node:tty';
import { UsageError } from '../exit-code.ts';
import { decodeText } from './files.ts';

/** What was said in words, and what standard input holds. */
export interface PromptText {
  /** From standard input: what the words are about. */
  readonly context: string | undefined;
  readonly words: string | undefined;
}

const stdinDescriptor = 0;

/**
 * The prompt of a command line. Without words it is standard input. With words, standard input is read as well where it
 * is a pipe or a file of the shell (`cat notes.md | gemini-stream "sum this up"`), or where one of the words is `-`; not
 * where it is a socket or a device: a program that started us may hold that open for ever.
 * @throws UsageError where there is none, and for standard input that is no text
 */
export async function readPrompt(words: readonly string[], stdinIsFile: boolean): Promise<PromptText> {
  const said = words.filter((word) => word !== '-').join(' ');
  const asked = words.includes('-');
  const wanted = !stdinIsFile && (asked || said === '' || isShellInput());
  const context = wanted && (asked || !isatty(stdinDescriptor)) ? await readInput() : '';
  if (said === '' && context === '' && !stdinIsFile) {
    throw new UsageError('no prompt: gemini-stream "prompt" (--help shows more)');
  }
  return { context: context === '' ? undefined : context, words: said === '' ? undefined : said };
}

function isShellInput(): boolean {
  try {
    // `bigint`, because without it Node 24 resolves the symbolic links of modules wrongly from then on: its
    // `realpathSync` looks at the last result of a stat, and takes the pipe that it finds there for its own.
    const input = fstatSync(stdinDescriptor, { bigint: true });
    return input.isFIFO() || input.isFile();
  } catch {
    // Closed (`<&-`).
    return false;
  }
}

async function readInput(): Promise<string> {
  const text = decodeText(await buffer(process.stdin));
  if (text === undefined) throw new UsageError('standard input is no text: --file - sends it as a file');
  return text.trim() === '' ? '' : text.trimEnd();
}
