import { utf8Length } from './utf8-length.ts';

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
