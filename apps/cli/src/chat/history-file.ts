import type { Content } from '@gemini/client';
import { access, constants, open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from '../exit-code.ts';

/** The file that a conversation is kept in: its messages as the API takes them, a JSON array of contents. */
export interface HistoryFile {
  /** What it held; empty where it was not there. What is wrong in it the chat tells. */
  readonly history: Content[];
  /** Replaces the file at once, so that a crash leaves the old one or the new one. Only its owner may read it. */
  save(history: readonly Content[]): Promise<void>;
}

/**
 * Opens the file of a conversation.
 * @throws UsageError for a file that holds no JSON array, and for a folder that cannot be written to
 */
export async function openHistoryFile(path: string): Promise<HistoryFile> {
  // Through a link, so that the link stays one.
  const target = await realpath(path).catch(() => path);
  await access(dirname(target), constants.W_OK).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot keep the conversation in ${path}: ${String(cause.code)}`, { cause });
  });
  return { history: await readHistory(path), save: (history) => replaceFile(target, JSON.stringify(history)) };
}

async function readHistory(path: string): Promise<Content[]> {
  let history: unknown;
  try {
    history = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    const why = cause instanceof SyntaxError ? 'not JSON' : String((cause as NodeJS.ErrnoException).code);
    throw new UsageError(`cannot resume ${path}: ${why}`, { cause });
  }
  if (!Array.isArray(history)) throw new UsageError(`cannot resume ${path}: expected a JSON array of contents`);
  return history as Content[];
}

async function replaceFile(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(beside, 'w', 0o600);
    try {
      await file.writeFile(`${text}\n`);
      // On the disk before the name is: else a power cut may leave an empty file.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
