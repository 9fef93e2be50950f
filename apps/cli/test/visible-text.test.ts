import { expect, it } from 'vitest';
import { visibleText } from '../src/terminal/visible-text.ts';

it.for([
  ['plain text, tabs\tand\nlines, é ✓ 😀', 'plain text, tabs\tand\nlines, é ✓ 😀'],
  ['\u001b]52;c;ZXZpbA==\u0007', '␛]52;c;ZXZpbA==␇'],
  ['a\rb\u007f', 'a␍b␡'],
  ['\u009b31m', '<009B>31m'],
  ['\u202egnp.exe', '<202E>gnp.exe'],
])('the terminal shows %j as %j', ([text, shown]) => {
  expect(visibleText(text ?? '')).toBe(shown);
});

it('an escape sequence that is split over two chunks is shown like a whole one', () => {
  const sequence = '\u001b[2J\u001b]0;title\u0007';
  for (let cut = 0; cut <= sequence.length; cut += 1) {
    expect(visibleText(sequence.slice(0, cut)) + visibleText(sequence.slice(cut))).toBe(visibleText(sequence));
  }
});
