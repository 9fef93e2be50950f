import { describe, expect, it } from 'vitest';
import { createSseParser, type SseParserOptions } from '../src/index.ts';
import { checkSplitInvariance } from '../src/testing.ts';
import { eventStreamCases } from './event-stream-cases.ts';
import { toBytes } from './parse-all.ts';

/** A parser as it is often written: it takes a chunk for a whole number of events. */
const createHastyParser = ({ onEvent }: SseParserOptions) => ({
  push: (chunk: Uint8Array | string) => {
    const text = typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
    for (const block of text.split('\n\n')) if (block.startsWith('data: ')) onEvent({ data: block.slice(6) });
  },
  end: () => ({ pending: false }),
});

describe('checkSplitInvariance', () => {
  it('tries every cut and every pair of cuts', () => {
    const bytes = toBytes('data: a 🧭\r\n\r\nda');
    const cuts = bytes.length - 1;
    expect(checkSplitInvariance(bytes)).toEqual({ splits: cuts + (cuts * (cuts - 1)) / 2, difference: undefined });
    expect(checkSplitInvariance(new Uint8Array())).toEqual({ splits: 0, difference: undefined });
  });

  it.for(eventStreamCases)('finds no difference in $name', ({ wire }) => {
    expect(checkSplitInvariance(wire).difference).toBeUndefined();
    expect(checkSplitInvariance(wire, { lastEvent: 'emit', invalidUtf8: 'error' }).difference).toBeUndefined();
    expect(checkSplitInvariance(wire, { maxEventBytes: 9 }).difference).toBeUndefined();
  });

  it('reports the first difference of a parser that depends on the cuts', () => {
    const report = checkSplitInvariance(toBytes('data: ab\n\n'), { createParser: createHastyParser });
    expect(report).toEqual({
      splits: 1,
      difference: {
        cuts: [1],
        index: 0,
        expected: { type: 'event', data: 'ab', event: undefined, id: undefined, unterminated: false },
        actual: { type: 'end', pending: false },
      },
    });
  });

  it('finds a fault that only two cuts show', () => {
    const createParser = (options: SseParserOptions) => {
      const parser = createSseParser(options);
      let pushes = 0;
      return {
        push: (chunk: Uint8Array | string) => {
          pushes += 1;
          if (pushes === 2 && chunk.length === 1) return;
          parser.push(chunk);
        },
        end: () => parser.end(),
      };
    };
    const { difference } = checkSplitInvariance(toBytes('data: ab\n\ndata: c'), { createParser });
    expect(difference?.cuts).toEqual([1, 2]);
  });

  it('compares errors too', () => {
    const createParser = (options: SseParserOptions) => {
      const parser = createSseParser(options);
      return {
        push: (chunk: Uint8Array | string) => {
          if (chunk.length === 3) throw new RangeError('three');
          parser.push(chunk);
        },
        end: () => parser.end(),
      };
    };
    const { difference } = checkSplitInvariance(toBytes('data: ab\n\n'), { createParser });
    expect(difference).toMatchObject({ cuts: [3], actual: { type: 'error', name: 'RangeError', code: undefined } });
  });
});
