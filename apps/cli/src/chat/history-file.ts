import type { Content } from '@gemini/client';
import { access, constants, readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from '../exit-code.ts';
import { replacePrivateFile } from './private-file.ts';

/** The file of a conversation: its messages in the API's form, a JSON array of contents. */
export class HistoryFile {
  /** The contents when the file was opened; empty for a new file. `chat()` checks them. */
  readonly history: Content[];
  readonly #path: string;

  private constructor(path: string, history: Content[]) {
    this.#path = path;
    this.history = history;
  }

  /**
   * Opens the file of a conversation.
   * @throws UsageError for a file that is not a JSON array, and for a folder that is not writable
   */
  static async open(path: string): Promise<HistoryFile> {
    // A link stays a link: its target is replaced.
    const target = await realpath(path).catch(() => path);
    await access(dirname(target), constants.W_OK).catch((cause: NodeJS.ErrnoException) => {
      throw new UsageError(`cannot keep the conversation in ${path}: ${String(cause.code)}`, { cause });
    });
    return new HistoryFile(target, await readHistory(path));
  }

  /** Replaces the file in one step. Only its owner may read it. */
  save(history: readonly Content[]): void {
    replacePrivateFile(this.#path, historyText(history));
  }
}

/** Returns a conversation as the text of a file that `--resume` reads. */
export function historyText(history: readonly Content[]): string {
  return `${JSON.stringify(history)}\n`;
}

async function readHistory(path: string): Promise<Content[]> {
  let history: unknown;
  try {
    history = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    const reason = cause instanceof SyntaxError ? 'not JSON' : String((cause as NodeJS.ErrnoException).code);
    throw new UsageError(`cannot resume ${path}: ${reason}`, { cause });
  }
  if (!Array.isArray(history)) throw new UsageError(`cannot resume ${path}: expected a JSON array of contents`);
  return history as Content[];
}
