import { createTextBuffer } from './text-buffer.ts';

/** Collects the lines that are not SSE into one text, and hands it on when it is closed. */
export interface TextCapture {
  /** Takes a line; the empty line is part of the text when another one follows. */
  add(line: string): void;
  /** Hands on the text, if there is one. */
  close(): void;
}

/** The longest beginning of `text` that has at most `maxBytes` UTF-8 bytes and ends with a whole character. */
export const cutToBytes = (text: string, maxBytes: number): string =>
  text.length * 3 > maxBytes ? text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(maxBytes)).read) : text;

/** Keeps at least the first `maxBytes` of a text (a character has no less than one), and hands on no more. */
export const createTextCapture = (onText: (text: string) => void, maxBytes: number): TextCapture => {
  const buffer = createTextBuffer();
  let lineEnds = 0;

  return {
    add(line) {
      if (line !== '' && buffer.chars <= maxBytes) {
        buffer.append('\n'.repeat(Math.min(lineEnds, maxBytes)) + line);
        lineEnds = 0;
      }
      if (buffer.chars > 0) lineEnds += 1;
    },
    close() {
      if (buffer.chars === 0) return;
      lineEnds = 0;
      onText(cutToBytes(buffer.take(), maxBytes));
    },
  };
};
