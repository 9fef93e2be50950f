/** Collects one text from pieces of any size, in time and memory linear in its length. */
export interface TextBuffer {
  /** How many UTF-16 code units there are. */
  chars(): number;
  append(piece: string): void;
  /** The exact UTF-8 bytes so far. Counting starts with the first call: most texts are never near a limit. */
  countBytes(): number;
  text(): string;
}

// One-byte pieces would cost a pointer (or a rope node) each; joining them by the thousand keeps a text near its size.
const piecesPerBlock = 1024;

export const createTextBuffer = (): TextBuffer => {
  const blocks: string[] = [];
  let pieces: string[] = [];
  let chars = 0;
  let bytes: number | undefined;

  const text = (): string => blocks.join('') + pieces.join('');

  return {
    chars: () => chars,
    append(piece) {
      chars += piece.length;
      if (bytes !== undefined) bytes += utf8Length(piece);
      if (pieces.push(piece) === piecesPerBlock) {
        blocks.push(pieces.join(''));
        pieces = [];
      }
    },
    countBytes: () => (bytes ??= utf8Length(text())),
    text,
  };
};

/** Collects lines that are not SSE into one text. */
export interface TextCapture {
  /** Takes a line; the empty line is part of the text when another one follows. */
  add(line: string): void;
  text(): string;
}

/** Keeps no more of a text than its first `maxChars` UTF-16 code units. */
export const createTextCapture = (maxChars: number): TextCapture => {
  const buffer = createTextBuffer();
  let lineEnds = 0;

  return {
    add(line) {
      if (line !== '' && buffer.chars() <= maxChars) {
        buffer.append('\n'.repeat(Math.min(lineEnds, maxChars)) + line);
        lineEnds = 0;
      }
      lineEnds += 1;
    },
    text: () => buffer.text().slice(0, maxChars),
  };
};

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
