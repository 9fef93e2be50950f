import { extname } from 'node:path';

/** What a file begins with, at which offset: the signatures of the formats that models read. */
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

/** What only the name tells: their bytes begin as they like. */
const extensions: Readonly<Record<string, string>> = {
  '.aac': 'audio/aac',
  '.mp3': 'audio/mp3',
  '.mpeg': 'video/mpeg',
  '.mpg': 'video/mpeg',
  '.wmv': 'video/wmv',
};

/**
 * What a file is: by its content, which a wrong name does not change; by its name where the content says nothing.
 * `'text'` is whatever is UTF-8 without a NUL; undefined is nothing that a model reads.
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

/** The text of bytes, or undefined where they are none: no UTF-8, or with a NUL. */
export function decodeText(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
