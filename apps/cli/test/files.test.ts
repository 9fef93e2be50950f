import { expect, it } from 'vitest';
import { mediaTypeOf } from '../src/prompt/files.ts';

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

it.for([
  ['chart.png', '\u0089PNG\r\n\u001a\n\u0000', 'image/png'],
  ['photo.png', '\u00ff\u00d8\u00ff\u00e0\u0000', 'image/jpeg'],
  ['photo', 'RIFF\u0001\u0000\u0000\u0000WEBPVP8 ', 'image/webp'],
  ['sound.bin', 'RIFF\u0001\u0000\u0000\u0000WAVEfmt ', 'audio/wav'],
  ['paper.pdf', '%PDF-1.7\nall ASCII', 'application/pdf'],
  ['film', '\u0000\u0000\u0000\u0020ftypisom\u0000', 'video/mp4'],
  ['film.3gp', '\u0000\u0000\u0000\u0020ftyp3gp5\u0000', 'video/3gpp'],
  ['song.m4a', '\u0000\u0000\u0000\u0020ftypM4A \u0000', 'audio/mp4'],
  ['song.mp3', '\u00ff\u00fb\u0090\u0000', 'audio/mp3'],
  ['notes.md', '# Tides', 'text'],
  ['BMW.txt', 'BMW is a text, ID3 too', 'text'],
  ['picture.svg', '<svg/>', 'text'],
  ['program', '\u007fELF\u0000', undefined],
  ['chart.png', '\u00ff\u0000 no picture', undefined],
] as const)('takes %s that begins with %j for %s', ([name, content, mediaType]) => {
  expect(mediaTypeOf(name, bytes(content))).toBe(mediaType);
});
