import { utf8Length } from './utf8-length.ts';

/** Decodes UTF-8 that comes in pieces; the text is the same however the bytes were cut. A BOM is left in. */
export interface Utf8Decoder {
  /** The characters that are whole by now; of `broken` bytes the ones in front of the fault. */
  decode(bytes: Uint8Array): string;
  /** What a cut character at the end of the input becomes. */
  end(): string;
  /** With `invalidUtf8: 'error'`: bytes came that are not UTF-8. */
  readonly broken: boolean;
  reset(): void;
}

const noBytes: Uint8Array = new Uint8Array(0);

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

/** Where `text` has the first U+FFFD that its bytes do not spell out; -1 when they were valid. */
const findFault = (text: string, bytes: Uint8Array): number => {
  let offset = 0;
  let from = 0;
  for (let at = text.indexOf('\uFFFD'); at !== -1; at = text.indexOf('\uFFFD', from)) {
    offset += utf8Length(text.slice(from, at));
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) return at;
    offset += 3;
    from = at + 1;
  }
  return -1;
};

/**
 * Whole characters go to the decoder without `stream: true`, the way that every Node and browser has a fast path for;
 * a cut character (at most three bytes) waits here.
 */
export const createUtf8Decoder = (invalidUtf8: 'replace' | 'error'): Utf8Decoder => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let cut = noBytes;
  let broken = false;

  const decodeWhole = (bytes: Uint8Array): string => {
    if (broken || bytes.length === 0) return '';
    const text = decoder.decode(bytes);
    if (invalidUtf8 === 'replace') return text;
    const fault = findFault(text, bytes);
    broken = fault !== -1;
    return broken ? text.slice(0, fault) : text;
  };

  const decodeUncut = (bytes: Uint8Array): string => {
    const length = cutLength(bytes);
    if (length === 0) return decodeWhole(bytes);
    const whole = bytes.length - length;
    cut = bytes.slice(whole);
    return decodeWhole(bytes.subarray(0, whole));
  };

  return {
    get broken() {
      return broken;
    },
    decode(bytes) {
      if (cut.length === 0) return decodeUncut(bytes);
      const length = restLength(cut, bytes);
      const character = concatenate(cut, bytes.subarray(0, length));
      if (length === bytes.length && cutLength(character) === character.length) {
        cut = character;
        return '';
      }
      cut = noBytes;
      return decodeWhole(character) + decodeUncut(bytes.subarray(length));
    },
    end() {
      const character = cut;
      cut = noBytes;
      return decodeWhole(character);
    },
    reset() {
      cut = noBytes;
      broken = false;
    },
  };
};
