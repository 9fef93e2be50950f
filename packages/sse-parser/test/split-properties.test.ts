import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SseError } from '../src/index.ts';
import { cutBytes, cutsOf, cutText, eventStreamBytes, eventStreamText } from './event-streams.ts';
import { parseAll, type Parsed, toBytes } from './parse-all.ts';
import { parseByTheStandard } from './reference-parser.ts';

const told = ({ log, lastEventId, end }: Parsed) => ({ log, lastEventId, pending: end.pending });

/** The reports before the error, if there was one. The cuts decide how much of the event was read by then. */
const toldUntilError = (pieces: readonly (Uint8Array | string)[], options: Parameters<typeof parseAll>[1]) => {
  const log: (readonly [string, unknown])[] = [];
  try {
    const parsed = parseAll(pieces, options, log);
    return { ...told(parsed), code: undefined };
  } catch (error) {
    if (!(error instanceof SseError)) throw error;
    return { log, code: error.code, limit: error.limit };
  }
};

const runs = { numRuns: 1000 };

describe('every split', () => {
  it('of bytes gives the events of the standard', () => {
    fc.assert(
      fc.property(eventStreamBytes, cutsOf, (bytes, cuts) => {
        expect(told(parseAll(cutBytes(bytes, cuts)))).toEqual(parseByTheStandard(bytes));
      }),
      runs,
    );
  });

  it('of text gives the events of the standard', () => {
    fc.assert(
      fc.property(eventStreamText, cutsOf, (text, cuts) => {
        expect(told(parseAll(cutText(text, cuts)))).toEqual(parseByTheStandard(toBytes(text)));
      }),
      runs,
    );
  });

  it('into single bytes gives the same events, with an unterminated event at the end', () => {
    fc.assert(
      fc.property(eventStreamBytes, (bytes) => {
        const options = { lastEvent: 'emit' } as const;
        expect(
          told(
            parseAll(
              Array.from(bytes, (byte) => Uint8Array.of(byte)),
              options,
            ),
          ),
        ).toEqual(told(parseAll([bytes], options)));
      }),
      runs,
    );
  });

  it('adds only the cut event to the events of the standard', () => {
    fc.assert(
      fc.property(eventStreamBytes, cutsOf, (bytes, cuts) => {
        const { log } = parseAll(cutBytes(bytes, cuts), { lastEvent: 'emit' });
        const last = log.at(-1)?.[1];
        const isCut = typeof last === 'object' && last !== null && 'unterminated' in last;
        expect(isCut ? log.slice(0, -1) : log).toEqual(parseByTheStandard(bytes).log);
      }),
      runs,
    );
  });

  it('fails at the same event for every limit', () => {
    fc.assert(
      fc.property(eventStreamBytes, cutsOf, fc.integer({ min: 1, max: 40 }), (bytes, cuts, maxEventBytes) => {
        expect(toldUntilError(cutBytes(bytes, cuts), { maxEventBytes })).toEqual(
          toldUntilError([bytes], { maxEventBytes }),
        );
      }),
      runs,
    );
  });

  it('fails at the same invalid byte on request, after the events before it', () => {
    fc.assert(
      fc.property(eventStreamBytes, cutsOf, (bytes, cuts) => {
        const options = { invalidUtf8: 'error' } as const;
        const result = toldUntilError(cutBytes(bytes, cuts), options);
        expect(result).toEqual(toldUntilError([bytes], options));
        let valid = true;
        try {
          new TextDecoder('utf-8', { fatal: true }).decode(bytes);
        } catch {
          valid = false;
        }
        expect(result.code).toBe(valid ? undefined : 'invalid-utf8');
      }),
      runs,
    );
  });

  it('may mix bytes and text', () => {
    fc.assert(
      fc.property(eventStreamText, cutsOf, fc.array(fc.boolean()), (text, cuts, asBytes) => {
        // A cut inside a surrogate pair cannot be made into bytes.
        const pieces = cutText(text, cuts).reduce<string[]>((whole, piece) => {
          const last = whole.at(-1);
          if (last !== undefined && /[\uD800-\uDBFF]$/.test(last)) whole[whole.length - 1] = last + piece;
          else whole.push(piece);
          return whole;
        }, []);
        const mixed = pieces.map((piece, index) => (asBytes[index] ? toBytes(piece) : piece));
        expect(told(parseAll(mixed))).toEqual(told(parseAll([text])));
      }),
      runs,
    );
  });
});
