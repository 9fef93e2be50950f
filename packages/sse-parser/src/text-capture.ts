import { createTextBuffer } from './text-buffer.ts';

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
