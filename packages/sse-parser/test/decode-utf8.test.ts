import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Utf8Decoder } from '../src/decode-utf8.ts';
import { cutBytes, cutsOf } from './event-streams.ts';
import { fromHex, toBytes } from './parse-all.ts';

const noBytes = new Uint8Array();

/** The text of the pieces, up to the first fault if there is to be one. */
const decodeAll = (pieces: readonly Uint8Array[], stopsAtFault: boolean) => {
  const decoder = new Utf8Decoder(stopsAtFault);
  let whole = '';
  for (const piece of [...pieces, noBytes]) {
    const [text, , isBroken] = decoder.decode(piece, piece === noBytes);
    whole += text;
    if (isBroken) return { text: whole, broken: true };
  }
  return { text: whole, broken: false };
};

/** Bytes at the edges of what UTF-8 allows, and whole characters. */
const nearlyUtf8 = fc
  .array(
    fc.oneof(
      fc
        .constantFrom(0x0a, 0x61, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xe2, 0xed, 0xef)
        .map((byte) => Uint8Array.of(byte)),
      fc.constantFrom(0xf0, 0xf1, 0xf4, 0xf5, 0xff).map((byte) => Uint8Array.of(byte)),
      fc.constantFrom('é', '€', '\uFFFD', '\uFEFF', '🧭', '\u{10FFFF}').map(toBytes),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

describe('Utf8Decoder', () => {
  it('decodes any cut of any bytes as the platform decodes the whole', () => {
    fc.assert(
      fc.property(nearlyUtf8, cutsOf, (bytes, cuts) => {
        const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
        expect(decodeAll(cutBytes(bytes, cuts), false)).toEqual({ text, broken: false });
      }),
      { numRuns: 5000 },
    );
  });

  it('stops on request at the first byte that the platform would replace', () => {
    fc.assert(
      fc.property(nearlyUtf8, cutsOf, (bytes, cuts) => {
        const fatal = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
        const isValid = (length: number): boolean => {
          try {
            fatal.decode(bytes.subarray(0, length));
            return true;
          } catch {
            return false;
          }
        };
        let valid = bytes.length;
        while (!isValid(valid)) valid -= 1;
        const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, valid));
        expect(decodeAll(cutBytes(bytes, cuts), true)).toEqual({ text, broken: valid < bytes.length });
      }),
      { numRuns: 5000 },
    );
  });

  it('gives a character with the piece that completes it', () => {
    const decoder = new Utf8Decoder(false);
    const pieces = ['61 f0 9f', 'a7', 'ad 62'].map(fromHex);
    expect(pieces.map((piece) => decoder.decode(piece)[0])).toEqual(['a', '', '🧭b']);
  });

  it.for([
    ['a Uint8Array', fromHex('e2 82')],
    ['a Node buffer', Buffer.from('e282', 'hex')],
  ] as const)('keeps a cut character of %s that its caller writes over', ([, bytes]) => {
    const decoder = new Utf8Decoder(false);
    expect(decoder.decode(bytes)[0]).toBe('');
    bytes.fill(0x61);
    expect(decoder.decode(fromHex('ac'))[0]).toBe('€');
  });
});
