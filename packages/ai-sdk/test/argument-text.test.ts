import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentText } from '../src/argument-text.ts';

type Leaf = string | number | boolean | null;

/** Returns the pieces of a value as a model sends them: each leaf with its path, strings in several pieces. */
function piecesOf(value: unknown, path: string, size: number): [path: string, value: Leaf][] {
  if (typeof value === 'string') {
    const parts = value === '' ? [''] : (value.match(new RegExp(`.{1,${size}}`, 'gsu')) ?? []);
    return parts.map((part) => [path, part]);
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => piecesOf(item, `${path}[${index}]`, size));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, item]) => {
      const step = /^\w+$/.test(name) ? `.${name}` : `['${name.replaceAll(/['\\]/g, '\\$&')}']`;
      return piecesOf(item, path + step, size);
    });
  }
  return [[path, value as Leaf]];
}

describe('arguments that come in pieces', () => {
  it('are written as a text that only grows, and is the JSON of the whole', () => {
    const leaf = fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean(), fc.constant(null));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(tie('value'), { minLength: 1, maxLength: 3 }),
        fc.dictionary(
          fc.string({ minLength: 1, unit: fc.constantFrom('a', 'b', '_', "'", '\\', ' ', '.') }),
          tie('value'),
          {
            minKeys: 1,
            maxKeys: 3,
          },
        ),
      ),
    }));
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, { minKeys: 1 }),
        fc.integer({ min: 1, max: 5 }),
        (args, size) => {
          const text = new ArgumentText();
          let written = '';
          for (const [path, piece] of piecesOf(args, '$', size)) {
            written += text.add(path, piece);
            expect(JSON.stringify(args).startsWith(written)).toBe(true);
          }
          expect(JSON.parse(written + text.finish(args))).toEqual(args);
        },
      ),
    );
  });

  it('cost the same for each piece, however long the text has grown', () => {
    const text = new ArgumentText();
    // Half an hour, if each piece copied the text before it.
    for (let count = 0; count < 300_000; count += 1) text.add('$.text', 'x'.repeat(50));
    const args = { text: 'x'.repeat(15_000_000) };
    expect(text.finish(args)).toBe('"}');
  });

  it('stop at a piece that goes back, and the rest follows with the whole if it fits', () => {
    const text = new ArgumentText();
    expect(text.add('$.a', 1)).toBe('{"a":1');
    expect(text.add('$.b', 2)).toBe(',"b":2');
    expect(text.add('$.a', 3)).toBe('');
    expect(text.add('$.c', 4)).toBe('');
    expect(text.finish({ a: 1, b: 2, c: 4 })).toBe(',"c":4}');
    expect(text.finish({ a: 3, b: 2 })).toBe('');
  });

  it.for(['a', '$', '$.', '$..a', '$[x]', '$[1]'])('are not written for a path such as %s', (path) => {
    expect(new ArgumentText().add(path, 'x')).toBe('');
  });
});
