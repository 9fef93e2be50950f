import { utf8Length } from './text-buffer.ts';

/**
 * The text of the characters that are whole by now, an upper bound of its UTF-8 bytes minus its UTF-16 code units, and
 * whether it ends in front of a byte that is not UTF-8.
 */
export type DecodedText = readonly [text: string, excessBytes: number, isBroken: boolean];

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
 * characters go to the platform's decoder without `stream: true`, which has a fast path in Node and every browser; a
 * cut character (at most three bytes) waits here. With `stopsAtFault`, invalid bytes are not replaced.
 */
export class Utf8Decoder {
  readonly #stopsAtFault: boolean;
  #cut: Uint8Array | undefined;

  constructor(stopsAtFault: boolean) {
    this.#stopsAtFault = stopsAtFault;
  }

  /** Whether the bytes so far end inside a character. */
  get isCut(): boolean {
    return this.#cut !== undefined;
  }

  /** Decodes the next bytes; the last ones with what is left of a cut character. */
  decode(bytes: Uint8Array, isLast?: boolean): DecodedText {
    let whole = bytes;
    if (this.#cut) {
      whole = new Uint8Array(this.#cut.length + bytes.length);
      whole.set(this.#cut);
      whole.set(bytes, this.#cut.length);
      this.#cut = undefined;
    }
    const length = isLast ? 0 : cutLength(whole);
    if (length) {
      // A copy, which `slice` of a Node buffer is not.
      this.#cut = new Uint8Array(whole.subarray(-length));
      whole = whole.subarray(0, -length);
    }
    decoder ??= new TextDecoder('utf-8', { ignoreBOM: true });
    const text = decoder.decode(whole);
    const fault = this.#stopsAtFault ? findFault(text, whole) : -1;
    const isBroken = fault >= 0;
    // A replaced byte is more bytes in the text than it was.
    const excessBytes = text.includes('\uFFFD') ? Infinity : whole.length - text.length;
    return [isBroken ? text.slice(0, fault) : text, excessBytes, isBroken];
  }
}
