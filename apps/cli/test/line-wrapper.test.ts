import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, it } from 'vitest';
import { LineWrapper } from '../src/terminal/line-wrapper.ts';
import { SmallTerminal } from './small-terminal.ts';

function shown(pieces: readonly string[], width: number): string {
  const [wrapper, terminal] = [new LineWrapper(), new SmallTerminal(width)];
  for (const piece of pieces) terminal.write(wrapper.write(piece, width));
  return terminal.text;
}

it.for<[name: string, text: string, rows: string]>([
  ['words', 'the quick brown fox jumps', 'the quick\nbrown fox\njumps'],
  ['a word that fills the line', 'abcdefghij klm', 'abcdefghij\nklm'],
  ['a word that is longer than a line', 'see https://example.org/path', 'see\nhttps://ex\nample.org/\npath'],
  ['the lines of the text', 'a\n\n  b\n', 'a\n\n  b'],
  ['wide characters, anywhere but before their punctuation', '日本語日本。中国', '日本語日\n本。中国'],
  ['emoji of several parts', 'ab 👩‍👩‍👧‍👦 cde 🇩🇪 f', 'ab 👩‍👩‍👧‍👦 cde\n🇩🇪 f'],
  [
    'combining marks',
    'e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301 abc de',
    'e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301 abc\nde',
  ],
  ['a tab', 'a\tbcd', 'a\nbcd'],
])('wraps %s', ([, text, rows]) => {
  expect(shown([text], 10)).toBe(rows);
  expect(shown(Array.from(text), 10)).toBe(rows);
});

it('writes each piece at once, and moves a word only when it does not fit', () => {
  const wrapper = new LineWrapper();
  expect(wrapper.write('12345 67', 10)).toBe('12345 67');
  expect(wrapper.write('89', 10)).toBe('89');
  expect(wrapper.write('0', 10)).toBe('\u001b[4D\u001b[K\n67890');
  expect(wrapper.write(' a', 10)).toBe(' a');
  // A word of one piece needs no correction.
  expect(wrapper.write('\n12345 67890', 10)).toBe('\n12345 \n67890');
});

it('follows the width of the terminal', () => {
  const wrapper = new LineWrapper();
  expect(wrapper.write('aaaa bbbb cc', 20)).toBe('aaaa bbbb cc');
  expect(wrapper.write(' dddd', 14)).toBe(' \ndddd');
  expect(wrapper.write(' eeee ffff', 30)).toBe(' eeee ffff');
});

it('measures a word without an end only in part, whatever it consists of', () => {
  const wrapper = new LineWrapper();
  let shownLength = wrapper.write('e', 10).length;
  for (let piece = 0; piece < 2_000; piece += 1) shownLength += wrapper.write('\u0301'.repeat(100), 10).length;
  expect(shownLength).toBe(200_001);
});

const character = fc.constantFrom(
  'a',
  'b',
  'word',
  ' ',
  '  ',
  '\n',
  '日',
  '。',
  'e\u0301',
  '\u0301',
  '👩‍👩‍👧',
  '\u200d',
  '-',
  '\t',
);

it('loses nothing of a text, wherever it is split', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.array(character, { maxLength: 6 }).map((parts) => parts.join('')),
        { maxLength: 12 },
      ),
      fc.integer({ min: 8, max: 40 }),
      (pieces, width) => {
        const text = pieces.join('');
        // A mark without a character before it has no cell of its own.
        fc.pre(!/(?:^|\s)[\u0301\u200d]/.test(text));
        const rows = shown(pieces, width);
        expect(rows.replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''));
        expect(Math.max(...rows.split('\n').map((row) => stringWidth(row)))).toBeLessThanOrEqual(width);
      },
    ),
  );
});
