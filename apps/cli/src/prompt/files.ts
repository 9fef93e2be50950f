import type { PromptPart } from '@gemini/client';
import { createReadStream } from 'node:fs';
import { basename, extname } from 'node:path';
import { UsageError } from '../exit-code.ts';

/**
 * The most bytes of all files of one prompt. The API takes requests of up to 20 MB, and base64 makes four bytes of
 * three.
 */
export const maxFileBytes = 15_000_000;

/** A file as a part of a prompt, and its size. */
interface FilePart {
  readonly part: PromptPart;
  readonly bytesCount: number;
}

/**
 * Reads a file into a part: text as text, after its name; anything else inline, with its media type. `-` is standard
 * input.
 * @throws UsageError for a file that is unreadable, larger than `leftBytes`, or of a type that no model reads
 */
export async function readFilePart(path: string, leftBytes = maxFileBytes): Promise<FilePart> {
  const name = path === '-' ? 'standard input' : path;
  const bytes = await readUpTo(path, name, leftBytes);
  if (bytes.byteLength === 0) throw new UsageError(`${name} is empty`);
  const mediaType = mediaTypeOf(path, bytes);
  if (mediaType === undefined) {
    throw new UsageError(`${name}: expected an image, a PDF, audio, video or text, got an unknown format`);
  }
  const part: PromptPart =
    mediaType === 'text'
      ? { text: `${path === '-' ? name : basename(path)}:\n\n${decodeText(bytes) ?? ''}\n\n` }
      : { inlineData: { mimeType: mediaType, data: bytes } };
  return { part, bytesCount: bytes.byteLength };
}

// As a stream, because a pipe or a device has no size, and a file of gigabytes must be refused before it is read.
async function readUpTo(path: string, name: string, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of path === '-' ? process.stdin : createReadStream(path)) {
      length += (chunk as Buffer).byteLength;
      if (length > maxBytes) break;
      chunks.push(chunk as Buffer);
    }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new UsageError(`cannot read ${name}: ${code === 'ENOENT' ? 'no such file' : code}`, { cause });
  }
  if (length <= maxBytes) return Buffer.concat(chunks);
  throw new UsageError(
    `${name} is too large: the files of a prompt hold up to ${maxFileBytes / 1e6} MB together (larger ones go through the Files API)`,
  );
}

/** The signatures of the formats that models read, and their offsets. */
const signatures: readonly (readonly [mediaType: string, offset: number, start: string])[] = [
  ['image/png', 0, '\u0089PNG\r\n\u001a\n'],
  ['image/jpeg', 0, '\u00ff\u00d8\u00ff'],
  ['image/gif', 0, 'GIF8'],
  ['image/webp', 8, 'WEBP'],
  ['image/heic', 4, 'ftyphei'],
  ['image/heif', 4, 'ftypmif1'],
  ['image/avif', 4, 'ftypavif'],
  ['image/bmp', 0, 'BM'],
  ['application/pdf', 0, '%PDF-'],
  ['audio/wav', 8, 'WAVE'],
  ['audio/aiff', 8, 'AIFF'],
  ['audio/flac', 0, 'fLaC'],
  ['audio/ogg', 0, 'OggS'],
  ['audio/mp3', 0, 'ID3'],
  ['video/x-msvideo', 8, 'AVI '],
  ['video/quicktime', 4, 'ftypqt'],
  ['audio/mp4', 4, 'ftypM4A'],
  ['video/3gpp', 4, 'ftyp3g'],
  ['video/mp4', 4, 'ftyp'],
  ['video/webm', 0, '\u001aE\u00df\u00a3'],
  ['video/mpeg', 0, '\u0000\u0000\u0001\u00ba'],
  ['video/x-flv', 0, 'FLV\u0001'],
];

/** The formats without a signature, by the extension of the name. */
const extensions: Readonly<Record<string, string>> = {
  '.aac': 'audio/aac',
  '.mp3': 'audio/mp3',
  '.mpeg': 'video/mpeg',
  '.mpg': 'video/mpeg',
  '.wmv': 'video/wmv',
};

/**
 * Returns the media type of a file: by its content or, without a signature, by its name. Returns `'text'` for UTF-8
 * without a NUL, and `undefined` for a format that no model reads.
 */
export function mediaTypeOf(name: string, bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, 32)).toString('latin1');
  const signed = signatures.find(([, offset, mark]) => start.startsWith(mark, offset));
  const text = decodeText(bytes);
  // A text may begin like a bitmap or a tag; no picture or sound is UTF-8 without a NUL. PDFs may be.
  if (signed !== undefined && (text === undefined || signed[0] === 'application/pdf')) return signed[0];
  if (text !== undefined) return 'text';
  return extensions[extname(name).toLowerCase()];
}

/** Returns the text of bytes, or `undefined` if they are not UTF-8 or contain a NUL. */
export function decodeText(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
