import type { Content } from '@gemini/client';
import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandOptions } from '../command.ts';
import { UsageError } from '../exit-code.ts';
import { stateFolder } from '../user-folders.ts';
import { replacePrivateFile } from './private-file.ts';

/** The most bytes of a saved chat. Of a longer one the oldest turns are left out. */
const defaultMaxBytes = 8 * 1024 * 1024;

/** The option that turns saving on and off. */
export const saveOption = {
  save: {
    type: 'boolean',
    isOptional: true,
    description: 'keep the chat for --continue (the default in a terminal); --no-save does not',
  },
} as const satisfies CommandOptions;

/** A chat that `--continue` continues: here its messages, at the Interactions API its id. */
export interface SavedChat {
  readonly model?: string | undefined;
  readonly system?: string | undefined;
  readonly history?: readonly Content[] | undefined;
  /** The messages before `history` that were left out because the chat was too long. */
  readonly omitted?: number | undefined;
  readonly interactionId?: string | undefined;
}

/** Returns the path of the last chat, below `XDG_STATE_HOME`. */
export function lastChatPath(env: NodeJS.ProcessEnv = process.env): string {
  return join(stateFolder(env), 'last-chat.json');
}

/**
 * Reads the last chat.
 * @throws UsageError without a chat, and for a file that is not one; the file stays as it is
 */
export function readLastChat(path = lastChatPath()): SavedChat {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new UsageError('there is no chat to continue: chat saves one after each answer');
    throw new UsageError(`cannot read the last chat in ${path}: ${String(code)}`, { cause });
  }
  const chat = parseChat(text);
  if (chat !== undefined) return chat;
  throw new UsageError(
    `the last chat in ${path} is damaged: repair the file, or start a new chat, which keeps it aside`,
  );
}

/**
 * Saves the last chat in one step, in a file that only its owner may read. A file that is not a chat is kept beside it.
 * Returns the path of that file, if there was one.
 */
export function saveLastChat(chat: SavedChat, path = lastChatPath(), maxBytes = defaultMaxBytes): string | undefined {
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  const aside = keepAside(path);
  replacePrivateFile(path, textOf(chat, maxBytes));
  return aside;
}

function keepAside(path: string): string | undefined {
  try {
    if (parseChat(readFileSync(path, 'utf8')) !== undefined) return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const aside = path.replace(/\.json$/, `.damaged-${Date.now()}.json`);
  renameSync(path, aside);
  return aside;
}

function textOf(chat: SavedChat, maxBytes: number): string {
  let { history = [], omitted = 0 } = chat;
  for (;;) {
    const text = `${JSON.stringify({ version: 1, ...chat, history, omitted })}\n`;
    const next = history.findIndex((content, index) => index > 0 && isMessage(content));
    if (Buffer.byteLength(text) <= maxBytes || next === -1) return text;
    // A whole turn: its results of functions belong to calls before them. Of a long chat several at once.
    const share = Math.max(next, Math.floor(history.length / 8));
    const cut = history.findIndex((content, index) => index >= share && isMessage(content));
    const length = cut === -1 ? next : cut;
    omitted += length;
    history = history.slice(length);
  }
}

/** Whether a content is a message of the user, which begins a turn. */
export function isMessage({ role, parts = [] }: Content): boolean {
  return role === 'user' && parts.some((part) => part.functionResponse === undefined);
}

function parseChat(text: string): SavedChat | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { version, history, interactionId, model, system } = value as Readonly<Record<string, unknown>>;
  const isChat =
    version === 1 &&
    Array.isArray(history) &&
    [interactionId, model, system].every((each) => each === undefined || typeof each === 'string');
  return isChat ? value : undefined;
}
