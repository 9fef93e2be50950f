import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextBuffer, utf8Length } from '../src/text-buffer.ts';
import { toBytes } from './parse-all.ts';

describe('TextBuffer', () => {
  it('returns the text and its length, whenever the counting starts', () => {
    const piece = fc.constantFrom('', 'a', 'é', '€', '🧭', 'ab', 'é€a');
    const pieces = fc.array(piece, { maxLength: 3000, size: 'max' });
    fc.assert(
      fc.property(pieces, fc.nat(3000), (texts, countAt) => {
        const buffer = new TextBuffer();
        for (const [index, text] of texts.entries()) {
          buffer.append(text);
          if (index === countAt) buffer.countBytes();
        }
        const whole = texts.join('');
        expect(buffer.chars).toBe(whole.length);
        expect(buffer.countBytes()).toBe(toBytes(whole).length);
        expect(buffer.text()).toBe(whole);
      }),
      { numRuns: 50 },
    );
  });
});

describe('utf8Length', () => {
  it('counts what an encoder writes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8Length(text)).toBe(toBytes(text).length);
      }),
    );
  });

  it('adds up over a cut surrogate pair', () => {
    expect(utf8Length('\uD83E') + utf8Length('\uDDED')).toBe(utf8Length('🧭'));
  });
});
