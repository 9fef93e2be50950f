import { markup, type Markup } from './markup.ts';
import type { Tone } from './report.ts';

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
