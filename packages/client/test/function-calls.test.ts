import { createGemini, type GeminiStreamEvent, type Part } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResponseMerger } from '../src/merge/merge-response.ts';
import { chunk } from './chunks.ts';
import { streamedCallParts } from './streamed-calls.ts';

/** Merges parts, one chunk each, of a complete answer. */
const merged = (parts: readonly Part[]) => {
  const merger = new ResponseMerger();
  const events: GeminiStreamEvent[] = [];
  for (const part of parts) merger.add(chunk([part]), (event) => events.push(event));
  merger.add(chunk([], { finishReason: 'STOP' }), (event) => events.push(event));
  merger.finish((event) => events.push(event), true);
  const calls = events.flatMap((event) => (event.type === 'function-call-end' ? [event.call] : []));
  return { parts: merger.response.candidates?.[0]?.content?.parts, events, calls };
};
const open = { functionCall: { name: 'f', willContinue: true } };
const piece = (jsonPath: string, value: object): Part => ({
  functionCall: { partialArgs: [{ jsonPath, ...value }], willContinue: true },
});
const close = { functionCall: {} };
const prototypeField = () => JSON.parse('{"__proto__":{"isAdmin":true}}') as Record<string, unknown>;

describe('the arguments of a streamed call', () => {
  it.for<[string, Part[], Record<string, unknown>]>([
    [
      'a string in pieces',
      [piece('$.a', { stringValue: 'Os', willContinue: true }), piece('$.a', { stringValue: 'lo' })],
      { a: 'Oslo' },
    ],
    [
      'a string with an empty end',
      [piece('$.a', { stringValue: 'Os', willContinue: true }), piece('$.a', { stringValue: '' })],
      { a: 'Os' },
    ],
    [
      'two strings side by side',
      [
        piece('$.a', { stringValue: 'x', willContinue: true }),
        piece('$.b', { stringValue: 'y' }),
        piece('$.a', { stringValue: 'z' }),
      ],
      { a: 'xz', b: 'y' },
    ],
    [
      'a complete string that is sent again',
      [piece('$.a', { stringValue: 'x' }), piece('$.a', { stringValue: 'y' })],
      { a: 'y' },
    ],
    [
      'a number, a boolean and null',
      [piece('$.n', { numberValue: 0 }), piece('$.t', { boolValue: false }), piece('$.z', { nullValue: 'NULL_VALUE' })],
      { n: 0, t: false, z: null },
    ],
    [
      'list items',
      [piece('$.legs[0].city', { stringValue: 'Oslo' }), piece('$.legs[1].city', { stringValue: 'Bergen' })],
      { legs: [{ city: 'Oslo' }, { city: 'Bergen' }] },
    ],
    [
      'lists in lists',
      [piece('$.m[0][1]', { numberValue: 2 }), piece('$.m[0][0]', { numberValue: 1 })],
      { m: [[1, 2]] },
    ],
    [
      'quoted names',
      [piece("$['a b']['it\\'s']", { numberValue: 1 }), piece('$["\\u00e9"]', { numberValue: 2 })],
      { 'a b': { "it's": 1 }, é: 2 },
    ],
    [
      'a key named __proto__',
      [piece('$.__proto__.polluted', { boolValue: true })],
      JSON.parse('{"__proto__":{"polluted":true}}') as Record<string, unknown>,
    ],
    [
      'an empty piece that keeps the call open',
      [{ functionCall: { willContinue: true } }, piece('$.a', { numberValue: 1 })],
      { a: 1 },
    ],
    ['a piece without a value', [piece('$.a', { willContinue: true }), piece('$.a', { numberValue: 1 })], { a: 1 }],
    ['no pieces', [], {}],
  ])('streamed arguments are built from %s', ([, pieces, args]) => {
    const { parts, calls } = merged([open, ...pieces, close]);
    expect(calls).toEqual([{ name: 'f', args }]);
    expect(parts).toEqual([{ functionCall: { name: 'f', args } }]);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it.for(['$.a[*]', '$..a', '$', 'a', '$.a[-1]', '$.a[100001]', `$${'.a'.repeat(101)}`, `$['${'a'.repeat(10_000)}']`])(
    'a piece with the invalid path %s is kept unchanged',
    (jsonPath) => {
      const partialArgs = [{ jsonPath, numberValue: 1 }];
      expect(merged([open, piece(jsonPath, { numberValue: 1 }), close]).calls).toEqual([
        { name: 'f', args: {}, partialArgs },
      ]);
    },
  );

  it.for<[string, Part[], Record<string, unknown>]>([
    [
      'a skipped list item is null until its piece arrives',
      [piece('$.a[2]', { numberValue: 2 }), piece('$.a[0]', { numberValue: 0 })],
      { a: [0, null, 2] },
    ],
    [
      'a key __proto__ beside the pieces does not change the prototype',
      [{ functionCall: { args: prototypeField(), willContinue: true } }],
      prototypeField(),
    ],
  ])('streamed arguments are plain JSON: %s', ([, pieces, args]) => {
    const [call] = merged([open, ...pieces, close]).calls;
    expect(call).toEqual({ name: 'f', args });
    expect(JSON.stringify(call?.args)).toBe(JSON.stringify(args));
    expect(Object.getPrototypeOf(call?.args)).toBe(Object.prototype);
    expect(call?.args?.['isAdmin']).toBeUndefined();
  });

  it('a piece beyond the limits is kept unchanged', () => {
    const far = Array.from({ length: 2_000 }, (_, index) => ({ jsonPath: `$.a${index}[99999]`, numberValue: index }));
    const { calls } = merged([open, { functionCall: { partialArgs: far, willContinue: true } }, close]);
    expect(calls).toEqual([{ name: 'f', args: {}, partialArgs: far }]);

    // One call may skip 64 items in all its lists.
    const near = [40, 24, 1].map((index) => ({ jsonPath: `$.l${index}[${index}]`, numberValue: index }));
    const call = merged([open, { functionCall: { partialArgs: near, willContinue: true } }, close]).calls[0];
    expect(Object.keys(call?.args ?? {})).toEqual(['l40', 'l24']);
    expect(call?.partialArgs).toEqual([near[2]]);

    const many = Array.from({ length: 100_001 }, (_, index) => ({ jsonPath: `$.l[${index}]`, boolValue: true }));
    const long = merged([open, { functionCall: { partialArgs: many, willContinue: true } }, close]).calls[0];
    expect(long?.args).toMatchObject({ l: { length: 99_999 } });
    expect(long?.partialArgs).toEqual(many.slice(99_999));
  });

  it('streamed arguments equal the value, however its text is split', () => {
    const name = fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' });
    const value = fc.letrec((tie) => ({
      leaf: fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
      ),
      // Pieces are leaves: an empty list or object does not appear on the wire.
      node: fc.oneof(
        { depthSize: 'small' },
        tie('leaf'),
        fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
        fc.dictionary(name, tie('node'), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
      ),
    })).node;
    const cuts = fc.func(fc.array(fc.nat(8), { maxLength: 3 }));
    fc.assert(
      fc.property(fc.dictionary(name, value, { maxKeys: 4, noNullPrototype: true }), cuts, (args, cut) => {
        const cutText = (length: number): number[] => cut(length).map((at) => Math.min(at, length));
        expect(merged(streamedCallParts('f', args, cutText)).calls).toEqual([{ name: 'f', args }]);
      }),
    );
  });
});

describe('streamed calls', () => {
  it('a streamed call emits its start, each piece with the arguments so far, and its end', () => {
    const { events } = merged([open, piece('$.a', { stringValue: 'Os', willContinue: true }), close]);
    expect(events).toEqual([
      { type: 'function-call-start', name: 'f', candidate: 0 },
      { type: 'function-call-delta', name: 'f', path: '$.a', value: 'Os', candidate: 0 },
      { type: 'function-call-end', call: { name: 'f', args: { a: 'Os' } }, candidate: 0 },
    ]);
    expect(events[1]).toHaveProperty('args', { a: 'Os' });
    expect(JSON.stringify(events[1])).not.toContain('args');
  });

  it('a call without a closing piece ends at the next call or at the end of the answer', () => {
    const { calls } = merged([
      open,
      piece('$.a', { numberValue: 1 }),
      { functionCall: { name: 'g', willContinue: true } },
    ]);
    expect(calls).toEqual([
      { name: 'f', args: { a: 1 } },
      { name: 'g', args: {} },
    ]);
  });

  it('a streamed call keeps its signature, its id and its position among the parts', () => {
    const { parts } = merged([
      { text: 'before' },
      { functionCall: { id: 'f1', name: 'f', willContinue: true }, thoughtSignature: 'c2ln' },
      piece('$.a', { numberValue: 1 }),
      close,
      { text: 'after' },
    ]);
    expect(parts).toEqual([
      { text: 'before' },
      { functionCall: { id: 'f1', name: 'f', args: { a: 1 } }, thoughtSignature: 'c2ln' },
      { text: 'after' },
    ]);
  });

  it('a streamed call takes a signature from a later piece', () => {
    const late = { functionCall: { willContinue: true }, thoughtSignature: 'bGF0ZQ==' };
    const { parts } = merged([open, late, close]);
    expect(parts).toEqual([{ functionCall: { name: 'f', args: {} }, thoughtSignature: 'bGF0ZQ==' }]);
  });

  it('a call may arrive complete, with arguments or only a name', () => {
    const { calls, parts } = merged([{ functionCall: { name: 'f', args: { a: 1 } } }, { functionCall: { name: 'g' } }]);
    expect(calls).toEqual([
      { name: 'f', args: { a: 1 } },
      { name: 'g', args: {} },
    ]);
    expect(parts).toEqual([{ functionCall: { name: 'f', args: { a: 1 } } }, { functionCall: { name: 'g' } }]);
  });

  it('a call of a cut answer emits no function-call-end', () => {
    const merger = new ResponseMerger();
    const types: string[] = [];
    for (const part of [open, piece('$.a', { stringValue: 'rm ', willContinue: true })]) {
      merger.add(chunk([part]), ({ type }) => types.push(type));
    }
    expect(types).toEqual(['function-call-start', 'function-call-delta']);
    expect(merger.response.candidates?.[0]?.content?.parts).toEqual([
      { functionCall: { name: 'f', args: { a: 'rm ' } } },
    ]);
  });
});

it('the end of a call names the integers that were rounded', async () => {
  const args = '{"id":9007199254740993,"list":[1,12345678901234567890],"ok":9007199254740991,"half":0.5}';
  const data = `data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":${args}}}]},"finishReason":"STOP"}]}\n\n`;
  await using emulator = await createEmulator({ recording: { body: Buffer.from(data) } });
  const ends: unknown[] = [];
  for await (const event of createGemini({ baseUrl: emulator.url }).stream('hi')) {
    if (event.type === 'function-call-end') ends.push(event.roundedIntegers);
  }
  expect(ends).toEqual([['$.id', '$.list[1]']]);
});
