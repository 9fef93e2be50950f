import type { FunctionCall, UsageMetadata } from '@gemini/client';
import type { Recording } from '@gemini/emulator';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The entry of a recorded stream in an index. Only `text` is always present. */
export interface RecordedAnswer {
  readonly folder: string;
  /** It is in this repository. */
  readonly isOwn: boolean;
  readonly file: string;
  readonly mode?: string;
  readonly api?: string;
  readonly gzip: boolean;
  readonly contentType: string;
  readonly text: string;
  readonly thoughtText?: string | null;
  /** The pieces as they are on the wire, where arguments were streamed. */
  readonly functionCalls?: readonly FunctionCall[] | null;
  readonly finishReasons?: readonly string[] | null;
  readonly usageMetadata?: UsageMetadata | null;
}

const folders = [
  fileURLToPath(new URL('../../../tests/recordings', import.meta.url)),
  process.env['GEMINI_RECORDINGS'],
];
/** The repository's recordings, and those of the folder that `GEMINI_RECORDINGS` names. */
export const recordedAnswers: readonly RecordedAnswer[] = folders
  .filter((folder) => folder !== undefined)
  .flatMap((folder) =>
    (JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Omit<RecordedAnswer, 'folder' | 'isOwn'>[])
      .filter(({ mode }) => mode !== 'json-error')
      .map((entry) => ({ folder, isOwn: folder === folders[0], ...entry })),
  );

/** Options of an emulator that plays a recorded answer in pieces of this size. */
export function playing(entry: RecordedAnswer, chunkBytes: 'event' | 'whole' | number): Recording {
  const { folder, file, contentType, gzip } = entry;
  const body = readFileSync(join(folder, file));
  return { body, contentType, contentEncoding: gzip ? 'gzip' : undefined, chunkBytes };
}
