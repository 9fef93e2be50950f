// One-byte pieces would cost a pointer (or a rope node) each; joining them by the thousand keeps a text near its size.
const piecesPerBlock = 1024;
/** No UTF-16 code unit takes more UTF-8 bytes than this. */
const maxBytesPerCodeUnit = 3;

/** Collects one text from pieces of any size, in time and memory linear in its length. */
export class TextBuffer {
  /** The number of UTF-16 code units. */
  chars = 0;
  readonly #blocks: string[] = [];
  #pieces: string[] = [];
  #bytes: number | undefined;

  append(piece: string): void {
    this.chars += piece.length;
    if (this.#bytes !== undefined) this.#bytes += utf8Length(piece);
    if (this.#pieces.push(piece) === piecesPerBlock) {
      this.#blocks.push(this.#pieces.join(''));
      this.#pieces = [];
    }
  }

  /** Returns the exact UTF-8 bytes so far. Counting starts with the first call: most texts are never near a limit. */
  countBytes(): number {
    return (this.#bytes ??= utf8Length(this.text()));
  }

  text(): string {
    return this.#blocks.join('') + this.#pieces.join('');
  }
}

/** Collects lines that are not SSE into one text, of which it keeps the first `maxChars` UTF-16 code units. */
export class TextCapture {
  readonly #maxChars: number;
  readonly #buffer = new TextBuffer();
  #lineEnds = 0;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  /** Adds a line; an empty line is part of the text if another one follows. */
  add(line: string): void {
    if (line !== '' && this.#buffer.chars <= this.#maxChars) {
      this.#buffer.append('\n'.repeat(Math.min(this.#lineEnds, this.#maxChars)) + line);
      this.#lineEnds = 0;
    }
    this.#lineEnds += 1;
  }

  text(): string {
    return this.#buffer.text().slice(0, this.#maxChars);
  }
}

/**
 * Returns the UTF-8 bytes of a text. A surrogate always counts two, so that lengths add up however a text is cut (a
 * pair is four bytes; one without its other half, which UTF-8 does not have, would be three).
 */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) bytes += code < 0x800 || (code > 0xd7ff && code < 0xe000) ? 1 : 2;
  }
  return bytes;
}

/**
 * Returns an upper bound of the UTF-8 bytes of `chars` code units of a text, without a look at them; the whole text has
 * at most `excessBytes` more bytes than code units.
 */
export function boundUtf8Length(chars: number, excessBytes: number): number {
  return Math.min(chars * maxBytesPerCodeUnit, chars + excessBytes);
}
