import type { PromptPart } from '@gemini/client';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { UsageError } from '../usage-error.ts';
import { decodeText, mediaTypeOf } from './media-type.ts';

/**
 * What the files of one prompt may hold together, in bytes. The API takes requests of up to 20 MB, and base64 makes four
 * bytes of three.
 */
export const maxFileBytes = 15_000_000;

/** A file as a part of a prompt, and what it takes of the limit. */
export interface FilePart {
  readonly part: PromptPart;
  readonly bytesCount: number;
}

/**
 * Reads a file into a part: a text as text, under its name; anything else inline, with its media type. `-` is standard
 * input.
 * @throws UsageError for a file that cannot be read, is larger than `leftBytes`, or is nothing that a model reads
 */
export async function readFilePart(path: string, leftBytes = maxFileBytes): Promise<FilePart> {
  const name = path === '-' ? 'standard input' : path;
  const bytes = await readUpTo(path, name, leftBytes);
  if (bytes.byteLength === 0) throw new UsageError(`${name} is empty`);
  const mediaType = mediaTypeOf(path, bytes);
  if (mediaType === undefined) {
    throw new UsageError(`${name}: expected an image, a PDF, sound, video or text, got bytes that are none of them`);
  }
  const part: PromptPart =
    mediaType === 'text'
      ? { text: `${path === '-' ? name : basename(path)}:\n\n${decodeText(bytes) ?? ''}\n\n` }
      : { inlineData: { mimeType: mediaType, data: bytes } };
  return { part, bytesCount: bytes.byteLength };
}

// As a stream, because a pipe or a device tells no size, and a file of gigabytes must not be read to be refused.
async function readUpTo(path: string, name: string, mostBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of path === '-' ? process.stdin : createReadStream(path)) {
      length += (chunk as Buffer).byteLength;
      if (length > mostBytes) break;
      chunks.push(chunk as Buffer);
    }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new UsageError(`cannot read ${name}: ${code === 'ENOENT' ? 'no such file' : code}`, { cause });
  }
  if (length <= mostBytes) return Buffer.concat(chunks);
  throw new UsageError(
    `${name} is too large: the files of a prompt hold up to ${maxFileBytes / 1e6} MB together (larger ones go through the Files API)`,
  );
}
