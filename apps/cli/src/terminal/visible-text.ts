/**
 * The characters that a terminal interprets: C0 without tab and line feed, DEL, C1, the marks, embeddings, overrides and
 * isolates that turn the writing direction, and Unicode's line and paragraph separators. All are single UTF-16 units, so
 * that a text may be cut anywhere.
 */
export const unsafeCharacters =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Replaces the characters that a terminal interprets by symbols. Each character is replaced by itself, without state, so
 * that an escape sequence that is split over two chunks is as harmless as a whole one.
 */
export function visibleText(text: string): string {
  return text.replaceAll(unsafeCharacters, symbolOf);
}

function symbolOf(character: string): string {
  const code = character.charCodeAt(0);
  // Unicode has a picture for each C0 control and DEL; the others show as their code.
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return `<${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}
