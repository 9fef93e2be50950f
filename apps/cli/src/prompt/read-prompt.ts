import { fstatSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { isatty } from 'node:tty';
import { UsageError } from '../exit-code.ts';
import { decodeText } from './files.ts';

/** The words of the command line, and the text of standard input. */
interface PromptText {
  /** The text of standard input, which the words refer to. */
  readonly context: string | undefined;
  readonly words: string | undefined;
}

const stdinDescriptor = 0;

/**
 * Returns the prompt of a command line. Without words it is standard input. With words, standard input is also read if it
 * is a pipe or a file of the shell (`cat notes.md | gemini-stream "sum this up"`), or if one of the words is `-`. It is
 * not read if it is a socket or a device, which the parent process may keep open.
 * @throws UsageError for an empty prompt, and for standard input that is not text
 */
export async function readPrompt(words: readonly string[], stdinIsFile: boolean): Promise<PromptText> {
  const ownWords = words.filter((word) => word !== '-').join(' ');
  const isAskedFor = words.includes('-');
  const isRead = !stdinIsFile && (isAskedFor || ownWords === '' || isShellInput());
  const context = isRead && (isAskedFor || !isatty(stdinDescriptor)) ? await readInput() : '';
  if (ownWords === '' && context === '' && !stdinIsFile) {
    throw new UsageError('no prompt: gemini-stream "prompt" (--help shows more)');
  }
  return { context: context === '' ? undefined : context, words: ownWords === '' ? undefined : ownWords };
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
