import { createSseParser } from '@gemini/sse-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameParser } from '../src/frame-parser.ts';

type Signal = readonly [kind: 'frame' | 'id' | 'retry', ...values: readonly unknown[]];

/** Parses chunks, and returns all that the observer was called with. */
function parse(chunks: readonly Uint8Array[], maxEventLength = 1_000_000): Signal[] {
  const signals: Signal[] = [];
  const parser = new FrameParser(
    {
      onFrame: ({ data, event, id }) => signals.push(['frame', data, event, id]),
      onId: (id) => signals.push(['id', id]),
      onRetry: (delayMs) => signals.push(['retry', delayMs]),
    },
    maxEventLength,
  );
  for (const chunk of chunks) parser.push(chunk);
  return signals;
}

/** The same, by the parser of the other packages. */
function parseByTheOther(chunks: readonly Uint8Array[]): Signal[] {
  const signals: Signal[] = [];
  const parser = createSseParser({
    onEvent: ({ data, event, id }) => signals.push(['frame', data, event, id]),
    onId: (id) => signals.push(['id', id]),
    onRetry: (delayMs) => signals.push(['retry', delayMs]),
  });
  for (const chunk of chunks) parser.push(chunk);
  return signals;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Cuts bytes at these places. */
function cut(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...places.map((place) => place % (whole.length + 1)).toSorted((a, b) => a - b), whole.length];
  return at.slice(1).map((end, index) => whole.subarray(at[index], end));
}

describe('frames', () => {
  it('are those of the other parser, whatever is sent and however it is cut', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'data',
        'event',
        'id',
        'retry',
        ':',
        ': ',
        ' ',
        '\n',
        '\r',
        '\r\n',
        '\n\n',
        '\0',
        '\uFEFF',
        '12',
        'x',
      ),
      fc.constantFrom('data: {"a":1}\n\n', 'id: a-1\ndata: x\n\n', 'event: end\ndata: y\r\n\r\n', ': comment\n'),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.array(fc.nat(200), { maxLength: 12 }), (pieces, places) => {
        const chunks = cut(bytes(pieces.join('')), places);
        expect(parse(chunks)).toEqual(parseByTheOther(chunks));
      }),
      { numRuns: 2_000 },
    );
  });

  it('lose one byte order mark and not two, also if it is cut', () => {
    const sent = bytes('\uFEFF\uFEFFdata: a\n\ndata: b\n\n');
    for (const place of [0, 1, 2, 3]) expect(parse(cut(sent, [place]))).toEqual([['frame', 'b', undefined, undefined]]);
  });

  it('may be cut after every byte', () => {
    const sent = bytes('\uFEFFid: a-1\r\nevent: end\r\ndata: \u{1F600}\r\ndata\r\n\r\n');
    expect(parse(Array.from(sent, (byte) => Uint8Array.of(byte)))).toEqual([
      ['id', 'a-1'],
      ['frame', '\u{1F600}\n', 'end', 'a-1'],
    ]);
  });

  it.for<[string, string]>([
    ['one line', `data: ${'x'.repeat(200)}`],
    ['many lines', 'data: xxxxxxxx\n'.repeat(20)],
    ['many empty lines', 'data\n'.repeat(200)],
    ['a line that is no field', 'x'.repeat(200)],
  ])('are bounded: %s', ([, sent]) => {
    expect(() => parse([bytes(sent)], 100)).toThrow(expect.objectContaining({ code: 'event-too-large', limit: 100 }));
    expect(() =>
      parse(
        Array.from(bytes(sent), (byte) => Uint8Array.of(byte)),
        100,
      ),
    ).toThrow('too large');
  });

  it('are bounded one by one: many small ones, comments and names are no large one', () => {
    const sent = ': keep-alive\nevent: a\nid: b\ndata: x\n\n'.repeat(100);
    expect(parse([bytes(sent)], 40)).toHaveLength(200);
    expect(parse([bytes(': keep-alive\n'.repeat(100))], 40)).toEqual([]);
  });
});
