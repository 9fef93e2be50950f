import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeSse, type SseFrame } from '../src/index.ts';
import { parseAll, toldBy } from './parse-all.ts';

describe('encodeSse', () => {
  it.for([
    [{ data: 'a' }, 'data: a\n\n'],
    [{ data: '' }, 'data: \n\n'],
    [{ data: 'a\nb\r\nc\rd' }, 'data: a\ndata: b\ndata: c\ndata: d\n\n'],
    [{ event: 'e', id: '1', data: 'a' }, 'event: e\nid: 1\ndata: a\n\n'],
    [{ id: '', data: 'a', event: '' }, 'id: \ndata: a\n\n'],
    [{ comment: 'ping' }, ': ping\n\n'],
    [{ comment: 'two\nlines', retryMs: 0 }, ': two\n: lines\nretry: 0\n\n'],
    [{ data: 'a', unterminated: true }, 'data: a\n\n'],
  ] as const)('encodes %o', ([frame, expected]) => {
    expect(encodeSse(frame)).toBe(expected);
  });

  it.for([
    [{ event: 'a\nb', data: '' }, 'event: expected no CR, LF or NUL, got one.'],
    [{ event: 'a\rb', data: '' }, 'event: expected no CR, LF or NUL, got one.'],
    [{ event: 'a\0b', data: '' }, 'event: expected no CR, LF or NUL, got one.'],
    [{ id: 'a\nb', data: '' }, 'id: expected no CR, LF or NUL, got one.'],
    [{ id: 'a\rb', data: '' }, 'id: expected no CR, LF or NUL, got one.'],
    [{ id: 'a\0b', data: '' }, 'id: expected no CR, LF or NUL, got one.'],
    [{ retryMs: -1 }, 'retryMs: expected whole milliseconds, got -1.'],
    [{ retryMs: 1.5 }, 'retryMs: expected whole milliseconds, got 1.5.'],
    [{ retryMs: 1e21 }, 'retryMs: expected whole milliseconds, got 1e+21.'],
    [{}, 'frame: expected a field, got none.'],
    [{ event: '' }, 'frame: expected a field, got none.'],
  ] as const)('refuses %o', ([frame, message]) => {
    expect(() => encodeSse(frame)).toThrow(new TypeError(message));
  });

  it('is the inverse of the parser', () => {
    const name = fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => !/[\r\n\0]/.test(text));
    const shape = {
      data: fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\r', '')),
      event: name.filter((text) => text !== ''),
      id: name,
      retryMs: fc.nat(),
      comment: name,
    };
    fc.assert(
      fc.property(fc.array(fc.record(shape, { requiredKeys: ['data'] }), { minLength: 1 }), (frames: SseFrame[]) => {
        const parsed = parseAll([frames.map(encodeSse).join('')]);
        const given = (field: keyof SseFrame): unknown[] =>
          frames.map((frame) => frame[field]).filter((value) => value !== undefined);
        expect(toldBy(parsed, 'event')).toEqual(frames.map(({ data, event, id }) => ({ data, event, id })));
        expect(toldBy(parsed, 'retry')).toEqual(given('retryMs'));
        expect(toldBy(parsed, 'comment')).toEqual(given('comment'));
        expect(toldBy(parsed, 'text')).toEqual([]);
      }),
    );
  });
});
