import { utf8Length } from './utf8-length.ts';

/**
 * What a piece of the bytes has made whole, how many bytes more than code units that has at most, and whether it ends
 * in front of a byte that is not UTF-8.
 */
export type DecodedText = readonly [text: string, excessBytes: number, isBroken: boolean];

/** Takes the next bytes and gives the characters that are whole by now; at the last, also what is left of a cut one. */
export type Utf8Decoder = (bytes: Uint8Array, isLast?: boolean) => DecodedText;

/** How many bytes at the end of `bytes` are the beginning of a character whose rest has not come. */
const cutLength = (bytes: Uint8Array): number => {
  for (let back = 1; back < 4; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte > 0xbf) return back < (byte > 0xef ? 4 : byte > 0xdf ? 3 : 2) ? back : 0;
  }
  return 0;
};

/** Where `text` has the first U+FFFD that its bytes do not spell out; -1 when they were valid. */
const findFault = (text: string, bytes: Uint8Array): number => {
  let at = 0;
  let offset = 0;
  for (const part of text.split('\uFFFD')) {
    at += part.length;
    offset += utf8Length(part);
    const isSpelledOut = bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd;
    if (at < text.length && !isSpelledOut) return at;
    at += 1;
    offset += 3;
  }
  return -1;
};

// Keeps nothing from call to call, so one does for all. Made for the first bytes: text is also read where there is none.
let decoder: InstanceType<typeof TextDecoder> | undefined;

/**
 * Decodes UTF-8 that comes in pieces; the text is the same however the bytes were cut. A BOM is left in. Whole
 * characters go to the platform's decoder without `stream: true`, the way that every Node and browser has a fast path
 * for; a cut character (at most three bytes) waits here. With `stopsAtFault`, invalid bytes are not replaced.
 */
export const createUtf8Decoder = (stopsAtFault: boolean): Utf8Decoder => {
  let cut: Uint8Array | undefined;

  return (bytes, isLast) => {
    let whole = bytes;
    if (cut) {
      whole = new Uint8Array(cut.length + bytes.length);
      whole.set(cut);
      whole.set(bytes, cut.length);
      cut = undefined;
    }
    const length = isLast ? 0 : cutLength(whole);
    if (length) {
      // A copy, which `slice` of a Node buffer is not.
      cut = new Uint8Array(whole.subarray(-length));
      whole = whole.subarray(0, -length);
    }
    decoder ??= new TextDecoder('utf-8', { ignoreBOM: true });
    const text = decoder.decode(whole);
    const fault = stopsAtFault ? findFault(text, whole) : -1;
    const isBroken = fault >= 0;
    // A replaced byte is more bytes in the text than it was.
    const excessBytes = text.includes('\uFFFD') ? Infinity : whole.length - text.length;
    return [isBroken ? text.slice(0, fault) : text, excessBytes, isBroken];
  };
};
