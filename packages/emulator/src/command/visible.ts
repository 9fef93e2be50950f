/**
 * Escapes every character that a terminal interprets: control characters, and those that turn the writing direction. A name
 * from a file or a message of a server cannot control the terminal. On its own, because two files write to the terminal.
 */
export function visible(text: string): string {
  return text.replaceAll(
    /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
