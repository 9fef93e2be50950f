import type { EventSourceMessage } from 'eventsource-parser';
import { describe, expect, it } from 'vitest';
import { createSseParser, SseError, type SseEvent, type SseParserOptions } from '../src/index.ts';
import { inPiecesOf, parseAll, toBytes, toldBy } from './parse-all.ts';

const thrownBy = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('createSseParser', () => {
  it('delivers an event inside the push that completes it', () => {
    const events: SseEvent[] = [];
    const parser = createSseParser({ onEvent: (event) => events.push(event) });
    parser.push('data: a\n');
    expect(events).toEqual([]);
    parser.push(toBytes('\ndata: b\r\n\r\n'));
    expect(events).toEqual([{ data: 'a' }, { data: 'b' }]);
  });

  it('has events that are assignable to and from those of eventsource-parser', () => {
    const theirs: EventSourceMessage = { data: 'a' } satisfies SseEvent;
    const ours: SseEvent = theirs;
    expect(ours).toEqual({ data: 'a' });
  });

  it('keeps the last event id from event to event, and takes it from a block without data', () => {
    const { events, lastEventId } = parseAll(['id: 1\ndata: a\n\ndata: b\n\nid: 2\n\ndata: c\n\nid: 3\ndata: cut']);
    expect(events.map((event) => [event.data, event.id, event.lastEventId])).toEqual([
      ['a', '1', '1'],
      ['b', undefined, '1'],
      ['c', undefined, '2'],
    ]);
    expect(lastEventId).toBe('2');
  });

  it.for<[string, string]>([
    // For each number of bytes, from none to all, whether an event is pending then.
    ['data: a\n\n', '0 11111111 0'],
    ['data: a\r\r', '0 11111111 0'],
    ['data: a\r\n\r\n', '0 111111111 00'],
    ['data\n\ndata:\n\n', '0 11111 0 111111 0'],
    ['event: x\n\n', '0 111111111 0'],
    ['id: 1\r\n\n', '0 1111111 0'],
    ['id: 1\n: ping\n\n', '0 111111 1111111 0'],
    ['retry: 5\n\n', '0 11111111 0 0'],
    ['retry: 5\r\n', '0 11111111 0 0'],
    ['retry: 5\ndata: a\n\n', '0 11111111 0 11111111 0'],
    ['data: a\nretry: 5\n\n', '0 11111111 111111111 0'],
    [': ping\n\n', '0 000000 0 0'],
    [': é\r\n', '0 0000 00'],
    ['\r\n\n\r', '0 0000'],
    ['<p>\n<i>\n\n', '0 111 0 111 0 0'],
    ['é\n', '0 11 0'],
    ['\uFEFF', '0 11 0'],
    ['\uFEFFdata: a\n\n', '0 11 0 11111111 0'],
    ['\uFEFF: ping\n', '0 11 0 000000 0'],
    ['\uFEFF\uFEFF\n', '0 11 0 111 0'],
    ['data: a\n\ndata: 🧭\r\n\r\n', '0 11111111 0 11111111111 1 00'],
  ])('has an event pending at each cut of %j as in %s', ([input, expected]) => {
    const bytes = toBytes(input);
    const flags = expected.replaceAll(' ', '');
    expect(flags).toHaveLength(bytes.length + 1);
    for (const lastEvent of ['discard', 'emit'] as const) {
      for (const size of [1, bytes.length]) {
        const found = Array.from(flags, (_flag, length) => {
          const parser = createSseParser({ onEvent: () => {}, lastEvent });
          for (const piece of inPiecesOf(size, bytes.subarray(0, length))) parser.push(piece);
          const { pending } = parser;
          expect(parser.end()).toEqual({ pending });
          expect(parser.end()).toEqual({ pending });
          expect(parser.pending).toBe(pending);
          return Number(pending);
        });
        expect(found.join('')).toBe(flags);
      }
    }
  });

  it.for([
    ['data: a', [{ data: 'a', unterminated: true }]],
    ['data: a\nda', [{ data: 'a', unterminated: true }]],
    ['data: a\ndata: b', [{ data: 'a\nb', unterminated: true }]],
    ['event: e\nid: 1\ndata: a', [{ event: 'e', id: '1', data: 'a', unterminated: true }]],
    ['data: a\nid: 1', [{ id: '1', data: 'a', unterminated: true }]],
    ['data: a\n: comment', [{ data: 'a', unterminated: true }]],
    ['data: a\nretry: 1', [{ data: 'a', unterminated: true }]],
    ['data: a\n\n', [{ data: 'a' }]],
    ['event: e\n', []],
  ] as const)('delivers the unterminated event of %j on request', ([input, expected]) => {
    const parsed = parseAll([input], { lastEvent: 'emit' });
    expect(toldBy(parsed, 'event')).toEqual(expected);
    expect(toldBy(parsed, 'retry')).toEqual([]);
  });

  it('does not take the last event id from a block that was cut', () => {
    const parsed = parseAll(['id: 1\ndata: a\n\nid: 23\ndata: b\n'], { lastEvent: 'emit' });
    expect(parsed.lastEventId).toBe('1');
    expect(toldBy(parsed, 'id')).toEqual(['1']);
  });

  it('drops a cut character before pushed text', () => {
    const wire = [toBytes('data: a'), Uint8Array.of(0xe2, 0x82), 'b\n\n'];
    expect(toldBy(parseAll(wire), 'event')).toEqual([{ data: 'a\uFFFDb' }]);
    expect(() => parseAll(wire, { invalidUtf8: 'error' })).toThrow(expect.objectContaining({ code: 'invalid-utf8' }));
  });

  it('throws a typed error after a callback has thrown', () => {
    const mistake = new Error('mistake');
    let broken = true;
    const events: string[] = [];
    const parser = createSseParser({
      onEvent: ({ data }) => {
        if (broken) throw mistake;
        events.push(data);
      },
    });
    expect(thrownBy(() => parser.push('data: a\n\ndata: b\n\n'))).toBe(mistake);
    for (const again of [() => parser.push('data: c\n\n'), () => parser.end()]) {
      const error = thrownBy(again);
      expect(error).toBeInstanceOf(SseError);
      expect(error).toMatchObject({ name: 'SseError', code: 'callback-failed', cause: mistake });
    }
    broken = false;
    parser.reset();
    parser.push('data: d\n\n');
    expect(events).toEqual(['d']);
  });

  it.for(['push', 'end', 'reset'] as const)('refuses %s() from inside a callback', (method) => {
    const errors: unknown[] = [];
    const parser = createSseParser({
      onEvent: () => {
        errors.push(thrownBy(() => parser[method]('data: inner\n\n')));
      },
    });
    parser.push('data: a\n\ndata: b\n\n');
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatchObject({ name: 'SseError', code: 'reentrant-call' });
    expect(parser.end()).toEqual({ pending: false });
  });

  it('refuses a push after the end until it is reset', () => {
    const parser = createSseParser({ onEvent: () => {} });
    parser.end();
    expect(thrownBy(() => parser.push('data: a\n'))).toMatchObject({ code: 'input-ended' });
    parser.reset();
    parser.push('data: a\n');
    expect(parser.pending).toBe(true);
  });

  it('keeps nothing after a reset', () => {
    const events: SseEvent[] = [];
    const texts: string[] = [];
    const parser = createSseParser({ onEvent: (event) => events.push(event), onText: (text) => texts.push(text) });
    for (const begun of [
      'id: 1\n\ndata: a\ndata: b',
      '<html>',
      'data: x\n',
      'dat',
      'data: x\r',
      new Uint8Array([0xe2]),
    ]) {
      parser.push(begun);
      parser.reset();
      expect(parser).toMatchObject({ pending: false, lastEventId: '' });
      parser.push('\uFEFFdata: c\n\n');
      expect(events.splice(0)).toEqual([{ data: 'c' }]);
    }
    expect(texts).toEqual([]);
  });

  it.for([
    [{}, 'onEvent: expected a function, got undefined.'],
    [{ onEvent: 'x' }, 'onEvent: expected a function, got x.'],
    [() => {}, 'onEvent: expected a function, got undefined.'],
    [{ onEvent: () => {}, onText: 1 }, 'onText: expected a function, got 1.'],
    [{ onEvent: () => {}, maxEventBytes: 0 }, 'maxEventBytes: expected at least 1, got 0.'],
    [{ onEvent: () => {}, maxEventBytes: Number.NaN }, 'maxEventBytes: expected at least 1, got NaN.'],
    [{ onEvent: () => {}, lastEvent: 'keep' }, 'lastEvent: expected discard or emit, got keep.'],
    [{ onEvent: () => {}, invalidUtf8: true }, 'invalidUtf8: expected replace or error, got true.'],
    [{ onEvent: () => {}, onevents: 1 }, 'onevents: unknown option, did you mean onEvent?'],
    [{ onEvent: () => {}, maxeventbyte: 1 }, 'maxeventbyte: unknown option, did you mean maxEventBytes?'],
    [{ onEvent: () => {}, signal: undefined }, 'signal: unknown option.'],
  ] as const)('createSseParser throws for the invalid options %o', ([options, message]) => {
    expect(() => createSseParser(options as unknown as SseParserOptions)).toThrow(new TypeError(message));
  });

  it.for([undefined, null, 1, [1], new ArrayBuffer(1), new Uint16Array(1), new DataView(new ArrayBuffer(1))])(
    'refuses a chunk that is neither bytes nor text, and can continue: %o',
    (chunk) => {
      const events: SseEvent[] = [];
      const parser = createSseParser({ onEvent: (event) => events.push(event) });
      parser.push('data: a\n');
      expect(() => parser.push(chunk as never)).toThrow(TypeError);
      parser.push('\n');
      expect(events).toEqual([{ data: 'a' }]);
    },
  );
});
