import { unsafeCharacters } from './visible-text.ts';

/**
 * A value as one line of JSON. What `JSON.stringify` leaves as it is but a terminal would obey, or a line reader take
 * for a line's end, is escaped: the same value to every parser.
 */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value).replaceAll(unsafeCharacters, escapeOf)}\n`;
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
