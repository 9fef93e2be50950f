import { visibleText } from '../terminal/visible-text.ts';
import type { Tone } from './report.ts';

/** Safe HTML. Only the tag `markup` makes it. */
export interface Markup {
  readonly source: string;
}

type Value = Markup | string | number | undefined | readonly Markup[];

/**
 * Returns HTML from a template. Values are escaped for text and for quoted attributes, unless they are markup. Control
 * characters and those that turn the writing direction become symbols; `undefined` becomes nothing.
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

/** Returns a text in which no line breaks between a time and its unit. */
export function unbroken(text: string): string {
  return text.replaceAll(/(?<=\d) (?=m?s\b)/g, '\u00a0');
}

const marks: Readonly<Record<Tone, readonly [mark: string, word: string]>> = {
  good: ['✓', 'passed'],
  bad: ['✗', 'failed'],
  unknown: ['–', 'not known'],
};

/** Returns the mark of a tone. Each tone has its own shape. */
export function toneMark(tone: Tone): Markup {
  const [mark, word] = marks[tone];
  return markup`<span class="mark ${tone}" role="img" aria-label="${word}">${mark}</span>`;
}
