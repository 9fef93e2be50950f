import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonBuilder, maxJsonDepth, type JsonValue } from '../src/objects/json-builder.ts';
import { StringGrowth } from '../src/objects/string-growth.ts';

const everywhere = StringGrowth.of({});

/** Pushes the pieces of a text, and returns its end and the visible value after each piece. */
function build(pieces: Iterable<string>, growth = everywhere) {
  const builder = new JsonBuilder(growth);
  const partials: (JsonValue | undefined)[] = [];
  for (const piece of pieces) if (builder.push(piece)) partials.push(builder.partial());
  return { partials, end: builder.end() };
}

describe('a JSON text in pieces', () => {
  it('the builder shows only values that cannot change', () => {
    const { partials } = build('{"name":"Al","age":12,"ok":true,"tags":["x"]}');
    expect(partials).toEqual([
      {},
      { name: '' },
      { name: 'A' },
      { name: 'Al' },
      { name: 'Al' },
      { name: 'Al', age: 12 },
      { name: 'Al', age: 12, ok: true },
      { name: 'Al', age: 12, ok: true, tags: [] },
      { name: 'Al', age: 12, ok: true, tags: [''] },
      { name: 'Al', age: 12, ok: true, tags: ['x'] },
      { name: 'Al', age: 12, ok: true, tags: ['x'] },
    ]);
  });

  it.for([
    ['not escaped', ['"a\ud83d', '\ude00b"']],
    ['escaped', ['"a\\ud83d', '\\ude00b"']],
    ['escaped, in the middle of an escape', ['"a\\ud83d\\ud', 'e00b"']],
  ] as const)('the builder never shows half a surrogate pair: %s', ([, pieces]) => {
    expect(build(pieces).partials).toEqual(['a', 'a\ud83d\ude00b']);
  });

  it('partial values share complete parts and copy open ones', () => {
    const { partials } = build(['{"done":{"a":1},', '"list":[[1],', '2,', '3,']);
    const [first, second, third] = partials as { done: object; list: JsonValue[] }[];
    expect(second?.done).toBe(first?.done);
    expect(third?.list[0]).toBe(second?.list[0]);
    expect(third?.list).not.toBe(second?.list);
    expect(second).toEqual({ done: { a: 1 }, list: [[1]] });
  });

  it.for([
    '{"a":1}',
    ' \r\n\t[1, -0.5e+3, 0, null, false, "\\u00e9\\n\\"\\\\\\/\\b\\f\\r\\t"] \n',
    '"\\ud83d\\ude00"',
    '"\ud83d\ude00 \\ud83d"',
    '12',
    'true',
    '{"":{"":[]},"__proto__":{"x":1},"constructor":2,"10":1,"2":2}',
    '{"a":1,"a":"b"}',
  ])('the complete value equals that of JSON.parse: %j', (text) => {
    for (const pieces of [[text], Array.from(text), text.split('')]) {
      const { end } = build(pieces);
      expect(end).toEqual({ status: 'whole', value: JSON.parse(text) });
      expect(JSON.stringify(end)).toBe(JSON.stringify({ status: 'whole', value: JSON.parse(text) }));
    }
  });

  it.for<[string, unknown]>([
    ['```json\n{"a":1}\n```', { a: 1 }],
    ['\n```\n[1]```\n', [1]],
    ['```JSON \r\n"```"\r\n``` ', '```'],
    ['```json\n7', 7],
  ])('the builder reads JSON in a Markdown fence: %j', ([text, value]) => {
    expect(build([text]).end).toEqual({ status: 'whole', value });
    expect(build(text).end).toEqual({ status: 'whole', value });
  });

  it.for([
    '',
    ' ',
    '{',
    '{"a"',
    '{"a":',
    '[1',
    '[1,',
    '"a',
    '"\\u12',
    '-',
    '1.',
    '2e',
    'tru',
    '``',
    '```js',
    '```json\n',
  ])('a text is incomplete until its value is complete: %j', (text) => {
    expect(build([text]).end).toEqual({ status: 'incomplete' });
    expect(build(text).end).toEqual({ status: 'incomplete' });
  });

  it.for<[string, number]>([
    ['Here is it: {}', 4],
    ['{} and more', 3],
    ['{"a" 1}', 5],
    ['{"a":1,}', 8],
    ['{a:1}', 1],
    ['[1,]', 4],
    ['[,1]', 2],
    ['[1 2]', 3],
    ['[1}', 3],
    ['}', 1],
    [']', 1],
    ['{"a":1]', 7],
    ['{:1}', 2],
    ['["a":1]', 5],
    ['"\n"', 2],
    ['"\\x"', 3],
    ['"\\u00g0"', 6],
    ['01 ', 2],
    ['+1', 2],
    ['.5', 2],
    ['NaN', 3],
    ["'a'", 1],
    ['{}{}', 3],
    ['{}```', 2],
    ['{}`', 2],
    ['```js\n{}', 6],
    ['```json\n{}\n``` ```', 16],
    ['[1]\u00a0', 4],
    ['nulls', 5],
  ])('a text is invalid from the first character that cannot be JSON: %j', ([text, offset]) => {
    expect(() => void JSON.parse(text)).toThrow(SyntaxError);
    expect(build([text]).end).toEqual({ status: 'invalid', offset });
    expect(build(text).end).toEqual({ status: 'invalid', offset });
  });

  it('an invalid text does not change the values shown before', () => {
    const { partials, end } = build(['{"a":[1,2', ']}}', '"b"']);
    expect(partials.at(-1)).toEqual({ a: [1, 2] });
    expect(end.status).toBe('invalid');
  });

  it.for([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const)('a text that is nested too deep is invalid: %s', ([opening, closing]) => {
    const nested = (depth: number) => [opening.repeat(depth), '1', closing.repeat(depth)].join('');
    expect(build([nested(maxJsonDepth)]).end.status).toBe('whole');
    expect(build([nested(maxJsonDepth + 1)]).end.status).toBe('invalid');
    expect(build([opening.repeat(200_000)]).end.status).toBe('invalid');
  });

  it('each character is read once, however the text is split', () => {
    let reads = 0;
    /** A text that counts its characters that are read. */
    const counted = (text: string) =>
      ({
        length: text.length,
        charAt: (at: number) => ((reads += 1), text.charAt(at)),
        charCodeAt: (at: number) => ((reads += 1), text.charCodeAt(at)),
        slice: (start: number, end: number) => text.slice(start, end),
      }) as string;
    const readsOf = (itemsCount: number, pieceLength: number): number => {
      const item = { name: 'a name of \\ some "length"', size: 12.5, tags: ['x', 'y'], ok: true };
      const text = JSON.stringify(Array.from({ length: itemsCount }, () => item));
      const builder = new JsonBuilder(everywhere);
      reads = 0;
      for (let at = 0; at < text.length; at += pieceLength) builder.push(counted(text.slice(at, at + pieceLength)));
      expect(builder.end().status).toBe('whole');
      return reads / text.length;
    };
    for (const pieceLength of [1, 3, 40]) {
      expect(readsOf(10, pieceLength)).toBeLessThan(3);
      expect(readsOf(1_000, pieceLength)).toBeLessThan(3);
    }
  });
});

it('the builder agrees with JSON.parse for any text in any pieces', () => {
  const text = fc.oneof(
    fc.json({ maxDepth: 4 }),
    fc.string({ unit: fc.constantFrom(...Array.from('{}[]:,"\\u1e-+.0 `tnf')) }),
  );
  fc.assert(
    fc.property(text, fc.array(fc.nat(40), { maxLength: 8 }), (whole, cuts) => {
      const pieces: string[] = [];
      let rest = whole;
      for (const cut of cuts) {
        pieces.push(rest.slice(0, cut));
        rest = rest.slice(cut);
      }
      const { end } = build([...pieces, rest]);
      let parsed: unknown;
      try {
        parsed = JSON.parse(whole);
      } catch {
        expect(end.status === 'whole' && !whole.includes('```')).toBe(false);
        return;
      }
      expect(end).toEqual({ status: 'whole', value: parsed });
    }),
    { numRuns: 1_000 },
  );
});
