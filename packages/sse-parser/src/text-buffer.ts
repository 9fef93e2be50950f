import { utf8Length } from './utf8-length.ts';

/** Collects one text from pieces of any size, in time and memory linear in its length. */
export interface TextBuffer {
  readonly chars: number;
  append(piece: string): void;
  /** The exact UTF-8 bytes so far. Counting starts with the first call: most texts are never near a limit. */
  readonly countBytes: () => number;
  /** The whole text; the buffer is empty afterwards. */
  take(): string;
  clear(): void;
}

// One-byte pieces would cost a pointer (or a rope node) each; joining them by the thousand keeps a text near its size.
const piecesPerBlock = 1024;

export const createTextBuffer = (): TextBuffer => {
  let blocks: string[] = [];
  let pieces: string[] = [];
  let chars = 0;
  let bytes: number | undefined;

  const clear = (): void => {
    if (blocks.length > 0) blocks = [];
    if (pieces.length > 0) pieces = [];
    chars = 0;
    bytes = undefined;
  };

  return {
    get chars() {
      return chars;
    },
    append(piece) {
      pieces.push(piece);
      chars += piece.length;
      if (bytes !== undefined) bytes += utf8Length(piece);
      if (pieces.length === piecesPerBlock) {
        blocks.push(pieces.join(''));
        pieces = [];
      }
    },
    countBytes() {
      if (bytes === undefined) {
        bytes = 0;
        for (const text of blocks) bytes += utf8Length(text);
        for (const text of pieces) bytes += utf8Length(text);
      }
      return bytes;
    },
    take() {
      const tail = pieces.length === 1 ? (pieces[0] ?? '') : pieces.join('');
      const text = blocks.length === 0 ? tail : blocks.join('') + tail;
      clear();
      return text;
    },
    clear,
  };
};
