import { utf8Length } from './utf8-length.ts';

/** Decodes UTF-8 that comes in pieces; the text is the same however the bytes were cut. A BOM is left in. */
export interface Utf8Decoder {
  /** The characters that are whole by now. With `invalidUtf8: 'error'`, `broken` when the bytes after them are invalid. */
  decode(bytes: Uint8Array): DecodedText;
  /** What a cut character at the end of the input becomes. */
  end(): DecodedText;
  reset(): void;
}

export interface DecodedText {
  readonly text: string;
  readonly broken: boolean;
}

const noBytes = new Uint8Array(0);

const sequenceLength = (lead: number): number => (lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2);

/** How many bytes at the end of `bytes` are the beginning of a character whose rest has not come. */
const cutLength = (bytes: Uint8Array): number => {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return sequenceLength(byte) > back ? back : 0;
  }
  return 0;
};

/** How many bytes at the start of `bytes` belong to the character that `cut` began. */
const restLength = (cut: Uint8Array, bytes: Uint8Array): number => {
  const wanted = Math.min(sequenceLength(cut[0] ?? 0) - cut.length, bytes.length);
  let length = 0;
  while (length < wanted && ((bytes[length] ?? 0) & 0xc0) === 0x80) length += 1;
  return length;
};

const concatenate = (first: Uint8Array, second: Uint8Array): Uint8Array => {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
};

/** The part of `text` that was really there: up to the first U+FFFD that its bytes do not spell out. */
const validPrefix = (text: string, bytes: Uint8Array): DecodedText => {
  let offset = 0;
  let from = 0;
  for (let at = text.indexOf('\uFFFD'); at !== -1; at = text.indexOf('\uFFFD', from)) {
    offset += utf8Length(text.slice(from, at));
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) {
      return { text: text.slice(0, at), broken: true };
    }
    offset += 3;
    from = at + 1;
  }
  return { text, broken: false };
};

/**
 * Whole characters go to the decoder without `stream: true`, the way that every Node and browser has a fast path for;
 * a cut character (at most three bytes) waits here.
 */
export const createUtf8Decoder = (invalidUtf8: 'replace' | 'error'): Utf8Decoder => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let cut: Uint8Array = noBytes;

  const decodeWhole = (bytes: Uint8Array): DecodedText => {
    if (bytes.length === 0) return { text: '', broken: false };
    const text = decoder.decode(bytes);
    return invalidUtf8 === 'error' ? validPrefix(text, bytes) : { text, broken: false };
  };

  return {
    decode(bytes) {
      let rest = bytes;
      let head = '';
      if (cut.length > 0) {
        const length = restLength(cut, bytes);
        const character = concatenate(cut, bytes.subarray(0, length));
        if (length === bytes.length && cutLength(character) === character.length) {
          cut = character;
          return { text: '', broken: false };
        }
        cut = noBytes;
        const decoded = decodeWhole(character);
        if (decoded.broken) return decoded;
        head = decoded.text;
        rest = bytes.subarray(length);
      }
      const length = cutLength(rest);
      if (length > 0) {
        cut = rest.slice(rest.length - length);
        rest = rest.subarray(0, rest.length - length);
      }
      const decoded = decodeWhole(rest);
      return head === '' ? decoded : { text: head + decoded.text, broken: decoded.broken };
    },
    end() {
      const decoded = decodeWhole(cut);
      cut = noBytes;
      return decoded;
    },
    reset() {
      cut = noBytes;
    },
  };
};
