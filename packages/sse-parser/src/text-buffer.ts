import { utf8Length } from './utf8-length.ts';

/** Collects one text from pieces of any size, in time and memory linear in its length. */
export interface TextBuffer {
  readonly chars: number;
  append(piece: string): void;
  /** The exact UTF-8 bytes so far. Counting starts with the first call: most texts are never near a limit. */
  readonly countBytes: () => number;
  /** The whole text; the buffer is empty afterwards. */
  take(): string;
}

// One-byte pieces would cost a pointer (or a rope node) each; joining them by the thousand keeps a text near its size.
const piecesPerBlock = 1024;

export const createTextBuffer = (): TextBuffer => {
  let blocks: string[] = [];
  let pieces: string[] = [];
  let chars = 0;
  let bytes: number | undefined;

  return {
    get chars() {
      return chars;
    },
    append(piece) {
      chars += piece.length;
      if (bytes !== undefined) bytes += utf8Length(piece);
      if (pieces.push(piece) === piecesPerBlock) {
        blocks.push(pieces.join(''));
        pieces = [];
      }
    },
    countBytes: () => (bytes ??= [...blocks, ...pieces].reduce((sum, text) => sum + utf8Length(text), 0)),
    take() {
      const text = blocks.join('') + pieces.join('');
      blocks = [];
      pieces = [];
      chars = 0;
      bytes = undefined;
      return text;
    },
  };
};
