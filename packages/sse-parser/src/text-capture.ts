import { createTextBuffer } from './text-buffer.ts';
import { maxBytesPerCodeUnit, utf8Length } from './utf8-length.ts';

/** Collects the lines that are not SSE into texts, each at most `maxBytes` long, and hands them on when closed. */
export interface TextCapture {
  /** Takes a piece of the current line. */
  append(piece: string): void;
  endLine(): void;
  /** Counts a blank line: part of the text when another text line follows. */
  blankLine(): void;
  /** Hands on the text, if there is one. */
  close(): void;
  clear(): void;
}

/** The longest beginning of `text` that has at most `maxBytes` UTF-8 bytes and does not end inside a surrogate pair. */
export const cutToBytes = (text: string, maxBytes: number): string => {
  if (text.length * maxBytesPerCodeUnit <= maxBytes) return text;
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    bytes += utf8Length(text.charAt(index));
    if (bytes > maxBytes) {
      const last = text.charCodeAt(index - 1);
      return text.slice(0, last >= 0xd800 && last <= 0xdbff ? index - 1 : index);
    }
  }
  return text;
};

export const createTextCapture = (onText: (text: string) => void, maxBytes: number): TextCapture => {
  const buffer = createTextBuffer();
  let lineEnds = 0;
  let open = false;

  const clear = (): void => {
    buffer.clear();
    lineEnds = 0;
    open = false;
  };

  return {
    append(piece) {
      open = true;
      // One code unit more than fits tells `close` that there was more, and which half of a pair it cut.
      const room = 1 + maxBytes - (buffer.chars * maxBytesPerCodeUnit <= maxBytes ? buffer.chars : buffer.countBytes());
      if (room <= 0) return;
      if (lineEnds > 0) buffer.append('\n'.repeat(Math.min(lineEnds, room)));
      lineEnds = 0;
      buffer.append(piece.slice(0, room));
    },
    endLine() {
      lineEnds = 1;
    },
    blankLine() {
      if (open) lineEnds += 1;
    },
    close() {
      if (!open) return;
      const text = cutToBytes(buffer.take(), maxBytes);
      clear();
      onText(text);
    },
    clear,
  };
};
