import { describe, expect, it } from 'vitest';
import { createSseParser, SseError, type SseEvent } from '../src/index.ts';
import { inPiecesOf, toBytes } from './parse-all.ts';

/** The result of an input under a limit, cut into pieces of one size. */
const readWithin = (maxEventBytes: number, input: string, pieceBytes = Number.MAX_SAFE_INTEGER) => {
  const events: string[] = [];
  const parser = createSseParser({
    maxEventBytes,
    lastEvent: 'emit',
    onEvent: ({ data }) => events.push(data),
    onComment: () => {},
    onText: () => {},
  });
  try {
    for (const piece of inPiecesOf(pieceBytes, toBytes(input))) parser.push(piece);
    parser.end();
  } catch (error) {
    if (!(error instanceof SseError)) throw error;
    const { code, limit, received } = error;
    return { events, error: { code, limit, received } };
  }
  return { events, error: undefined };
};

/** Inputs of one event, with the bytes of its lines. */
const inputs: readonly [input: string, bytes: number][] = [
  ['data: 6789\n\n', 10],
  ['data:56789\r\r', 10],
  ['data: €\n\n', 9],
  ['data: 🧭\n\n', 10],
  ['data: 1\ndata: 2\n\n', 14],
  ['data\ndata\ndata\n\n', 12],
  ['event: e\nid: 1\ndata: a\n\n', 20],
  ['event: a\nevent: b\ndata: c\n\n', 23],
  ['retry: 1\ndata: a\n\n', 15],
  ['id: 1\n\ndata: a', 7],
  ['data: a', 7],
];

describe('maxEventBytes', () => {
  it.for(inputs)('is just enough for %j at %i, however it arrives', ([input, bytes]) => {
    for (const pieceBytes of [1, 3, 1000]) {
      expect(readWithin(bytes, input, pieceBytes)).toMatchObject({ events: [expect.anything()], error: undefined });
    }
  });

  it.for(inputs)('is too little for %j below %i, however it arrives', ([input, bytes]) => {
    for (const pieceBytes of [1, 3, 1000]) {
      expect(readWithin(bytes - 1, input, pieceBytes)).toMatchObject({
        events: [],
        error: { code: 'event-too-large', limit: bytes - 1, received: bytes },
      });
    }
  });

  it('caps an event that arrives whole in one push', () => {
    const { error } = readWithin(10, `data: ${'x'.repeat(5000)}\n\n`);
    expect(error).toEqual({ code: 'event-too-large', limit: 10, received: 5006 });
  });

  it('throws as soon as an endless line passes the limit', () => {
    const { error } = readWithin(100, `data: ${'x'.repeat(5000)}`, 16);
    expect(error).toEqual({ code: 'event-too-large', limit: 100, received: 112 });
  });

  it('delivers the events before the one that is too large', () => {
    const { events, error } = readWithin(10, `data: a\n\ndata: b\n\ndata: ${'x'.repeat(50)}\n\ndata: c\n\n`);
    expect(events).toEqual(['a', 'b']);
    expect(error?.code).toBe('event-too-large');
  });

  it('counts each event by itself, and neither comments, nor texts, nor blank lines', () => {
    const rest = `: ${'x'.repeat(50)}\n${'x'.repeat(50)}\n`;
    const input = `${rest}data: a\n${rest}\n\n\n\n`.repeat(20);
    for (const pieceBytes of [1, 7, 1000]) {
      expect(readWithin(7, input, pieceBytes)).toEqual({ events: Array(20).fill('a'), error: undefined });
    }
  });

  it('counts the bytes of text that is pushed as text', () => {
    const parser = createSseParser({ maxEventBytes: 20, onEvent: () => {} });
    parser.push('data: €€');
    expect(() => parser.push('€\uD83E')).not.toThrow();
    expect(() => parser.push('\uDDED€')).toThrow(expect.objectContaining({ limit: 20, received: 22 }));
  });

  it('counts an invalid byte as its replacement character', () => {
    const invalid = Uint8Array.from([...toBytes('data: '), 0xff, 0xfe, 0xc0, 0xff, 0x80, 0x0a]);
    for (const size of [1, 100]) {
      const parser = createSseParser({ maxEventBytes: 20, onEvent: () => {} });
      const push = (): void => {
        for (const piece of inPiecesOf(size, invalid)) parser.push(piece);
      };
      expect(push).toThrow(expect.objectContaining({ limit: 20, received: 21 }));
    }
  });

  it('counts each byte once, however often the limit is near', () => {
    const parser = createSseParser({ onEvent: () => {} });
    // As text it may have three times as many bytes, so that each piece of the second line could pass the limit.
    parser.push(`data: ${'x'.repeat(12_000_000)}\ndata: `);
    for (let pushed = 0; pushed < 200_000; pushed += 1) parser.push('x');
    expect(parser.pending).toBe(true);
  });

  it('throws the same error until reset', () => {
    const events: SseEvent[] = [];
    const parser = createSseParser({ maxEventBytes: 10, onEvent: (event) => events.push(event) });
    const tooLarge = expect.objectContaining({ name: 'SseError', code: 'event-too-large', limit: 10 });
    expect(() => parser.push('data: 1\ndata: 2\ndata: 3')).toThrow(tooLarge);
    expect(() => parser.push('\n\n')).toThrow(tooLarge);
    expect(() => parser.end()).toThrow(tooLarge);
    parser.reset();
    parser.push('data: a\n\n');
    expect(parser.end()).toEqual({ pending: false });
    expect(events).toEqual([{ data: 'a' }]);
  });

  it('is 32 MiB by default', () => {
    const parser = createSseParser({ onEvent: () => {} });
    const piece = 'x'.repeat(1024 * 1024);
    parser.push('data: ');
    for (let pushed = 0; pushed < 31; pushed += 1) parser.push(piece);
    parser.push(piece.slice(6));
    expect(() => parser.push('x')).toThrow(expect.objectContaining({ limit: 33_554_432, received: 33_554_433 }));
  });
});
