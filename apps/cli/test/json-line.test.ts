import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonLine } from '../src/terminal/json-line.ts';

function lineOf(value: unknown, pieceCharacters?: number): string {
  return [...jsonLine(value, pieceCharacters)].join('');
}

describe('a line of JSON', () => {
  it('equals JSON.stringify, as a whole or in pieces', () => {
    const unit = fc.constantFrom('a', '"', '\\', '\n', '\u0001', '\u007f', '\u2028', '\ud83c', '\udf0a', '🌊');
    const text = fc.string({ unit });
    const values = fc.oneof(fc.jsonValue(), fc.dictionary(text, fc.oneof(text, fc.array(text))));
    fc.assert(
      fc.property(values, (value) => {
        const expected = JSON.parse(JSON.stringify(value)) as unknown;
        expect(JSON.parse(lineOf(value))).toEqual(expected);
        expect(JSON.parse(lineOf(value, 2))).toEqual(expected);
      }),
    );
  });

  it('leaves out values that JSON cannot express, in pieces too', () => {
    const value = { a: undefined, b: [undefined, () => 1, Number.NaN], c: new Date(0), d: null, e: () => 1, f: 1.5 };
    for (const pieceCharacters of [2, 100]) expect(lineOf(value, pieceCharacters)).toBe(`${JSON.stringify(value)}\n`);
  });

  it('keeps surrogate pairs together at every cut', () => {
    for (const text of ['🌊🌊🌊🌊', 'x🌊🌊🌊🌊']) expect(lineOf(text, 3)).toBe(`"${text}"\n`);
  });

  it('is written in short pieces, so that it may exceed the longest string of V8', () => {
    const text = '\u0001'.repeat(1_000_000);
    const pieces = [...jsonLine({ type: 'end', text, response: [text] })];
    expect(pieces.join('').length).toBeGreaterThan(12_000_000);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(500_000);
  });

  it('can have a value that is nested too deep for JSON.stringify', () => {
    let value: unknown = 'x';
    for (let level = 0; level < 20_000; level += 1) value = level % 2 === 0 ? [value] : { a: value };
    expect(() => JSON.stringify(value)).toThrow(RangeError);
    const line = lineOf(value);
    expect(line.slice(0, 10)).toBe('{"a":[{"a"');
    expect(line).toHaveLength(10_000 * 2 + 10_000 * 6 + 4);
  });
});
