/**
 * The UTF-8 bytes of a text. A surrogate counts two wherever it stands, so that lengths add up however a text is cut
 * (a pair is four bytes; one without its other half, which no UTF-8 has, would be three).
 */
export const utf8Length = (text: string): number => {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) bytes += code < 0x800 || (code > 0xd7ff && code < 0xe000) ? 1 : 2;
  }
  return bytes;
};

/** No UTF-16 code unit takes more UTF-8 bytes than this. */
const maxBytesPerCodeUnit = 3;

/**
 * The most UTF-8 bytes that `chars` code units of a text can have, without a look at them, when the whole text has
 * `excessBytes` more bytes than code units.
 */
export const boundUtf8Length = (chars: number, excessBytes: number): number =>
  Math.min(chars * maxBytesPerCodeUnit, chars + excessBytes);
