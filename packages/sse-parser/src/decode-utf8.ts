import { utf8Length } from './text-buffer.ts';

/**
 * The text of the characters that are whole by now, an upper bound of its UTF-8 bytes minus its UTF-16 code units, and
 * whether it ends in front of a byte that is not UTF-8.
 */
export type DecodedText = readonly [text: string, excessBytes: number, isBroken: boolean];

// It keeps nothing between calls, so all parsers share it. Created with the first bytes: a runtime without a
// `TextDecoder` can still parse text.
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

/** Returns how many bytes at the end of `bytes` begin a character that is not complete. */
function cutLength(bytes: Uint8Array): number {
  for (let back = 1; back < 4; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte > 0xbf) return back < (byte > 0xef ? 4 : byte > 0xdf ? 3 : 2) ? back : 0;
  }
  return 0;
}

/** Returns the index of the first U+FFFD in `text` that its bytes do not spell out, or -1 if they are valid. */
function findFault(text: string, bytes: Uint8Array): number {
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
}
