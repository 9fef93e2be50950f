import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A recorded response body, and the answer text that it holds. */
export interface RecordedStream {
  readonly file: string;
  readonly path: string;
  readonly contentType: string;
  readonly gzip: boolean;
  readonly text: string;
}

interface IndexEntry extends Omit<RecordedStream, 'path'> {
  /** Absent in an index of streams alone. `json-error` is the body of a refusal, which is no stream. */
  readonly mode?: string | undefined;
}

/** Our own recordings, and those of the folder that `GEMINI_RECORDINGS` names. */
export function recordedStreams(): RecordedStream[] {
  const own = fileURLToPath(new URL('recordings', import.meta.url));
  const more = process.env['GEMINI_RECORDINGS'];
  return [...streamsOf(own), ...(more ? streamsOf(more) : [])];
}

function streamsOf(folder: string): RecordedStream[] {
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as IndexEntry[];
  return index
    .filter(({ mode }) => mode !== 'json-error')
    .map(({ file, contentType, gzip, text }) => ({ file, path: join(folder, file), contentType, gzip, text }));
}
