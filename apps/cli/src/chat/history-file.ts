import type { Content } from '@gemini/client';
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { access, constants, readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from '../exit-code.ts';

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

  /**
   * Replaces the file in one step: after a crash it has the old or the new contents. Only its owner may read it.
   * Synchronous, so that an interrupt does not leave the temporary file behind.
   */
  save(history: readonly Content[]): void {
    // A random name and `wx`: a link that is already there must not be followed.
    const temporary = `${this.#path}.${randomBytes(8).toString('hex')}.tmp`;
    const file = openSync(temporary, 'wx', 0o600);
    try {
      try {
        writeFileSync(file, `${JSON.stringify(history)}\n`);
        // Before the rename: otherwise a power cut may leave an empty file.
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(temporary, this.#path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }
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
