import { createTextBuffer } from './text-buffer.ts';

/** Collects the lines that are not SSE into one text, and hands it on when it is closed. */
export interface TextCapture {
  /** Takes a line; the empty line is part of the text when another one follows. */
  add(line: string): void;
  /** Hands on the text, if there is one. */
  close(): void;
}

/** Keeps no more of a text than its first `maxChars` UTF-16 code units. */
export const createTextCapture = (onText: (text: string) => void, maxChars: number): TextCapture => {
  const buffer = createTextBuffer();
  let lineEnds = 0;

  return {
    add(line) {
      if (line !== '' && buffer.chars <= maxChars) {
        buffer.append('\n'.repeat(Math.min(lineEnds, maxChars)) + line);
        lineEnds = 0;
      }
      if (buffer.chars > 0) lineEnds += 1;
    },
    close() {
      if (buffer.chars === 0) return;
      lineEnds = 0;
      onText(buffer.take().slice(0, maxChars));
    },
  };
};
