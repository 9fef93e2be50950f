import { visibleText } from '../terminal/visible-text.ts';
import type { Tone } from './report.ts';

/** HTML that is safe to stand in a page. Made by the tag `markup` alone. */
export interface Markup {
  readonly source: string;
}

type Value = Markup | string | number | undefined | readonly Markup[];

/**
 * HTML from a template: what is put in is escaped for text and for quoted attributes, unless it is markup itself.
 * Control characters and those that turn the writing direction are shown as symbols. `undefined` puts in nothing.
 */
export function markup(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return { source: parts.map((part, index) => part + sourceOf(values[index])).join('') };
}

function sourceOf(value: Value): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return escape(value);
  if (typeof value === 'number') return String(value);
  return 'source' in value ? value.source : value.map(({ source }) => source).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return visibleText(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** A text whose times do not part with their units at a line's end. */
export function unbroken(text: string): string {
  return text.replaceAll(/(?<=\d) (?=m?s\b)/g, '\u00a0');
}

const marks: Readonly<Record<Tone, readonly [mark: string, word: string]>> = {
  good: ['✓', 'as it should be'],
  bad: ['✗', 'not as it should be'],
  unknown: ['–', 'not known'],
};

/** A tone as a sign with a shape of its own. */
export function toneMark(tone: Tone): Markup {
  const [mark, word] = marks[tone];
  return markup`<span class="mark ${tone}" role="img" aria-label="${word}">${mark}</span>`;
}
