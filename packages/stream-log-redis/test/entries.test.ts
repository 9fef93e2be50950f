import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinLines, linesFrom, readEnd, readEntry, readMessage, readReply, texts, writeEnd } from '../src/entries.ts';

const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' '));

/** Cuts lines into batches as the leader may write them. */
const batches = fc.array(fc.array(line, { minLength: 1, maxLength: 5 }), { maxLength: 8 });

describe('entries', () => {
  it('give the same lines for every way in which they are cut, from every index', () => {
    fc.assert(
      fc.property(batches, fc.nat(40), (parts, from) => {
        const lines = parts.flat();
        let next = 0;
        const read: string[] = [];
        for (const part of parts) {
          next += part.length;
          const batch = readEntry(next, joinLines(part));
          expect(batch).toEqual({ first: next - part.length, lines: part });
          // As a reader does that reads from the entry in which its index lies.
          if (next > from) read.push(...linesFrom(batch, from));
        }
        expect(read).toEqual(lines.slice(from));
      }),
    );
  });

  it('are published with their place and perhaps the end', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), fc.nat(), fc.option(line), (lines, first, ended) => {
        const end = ended === null ? undefined : ({ type: 'ended', line: ended } as const);
        const parts = [`1795799301512 ${first} ${lines.length}`, joinLines(lines), ...(end ? [writeEnd(end)] : [])];
        expect(readMessage(parts.join('\n'))).toEqual({ epoch: 1_795_799_301_512, first, lines, end });
      }),
    );
    expect(readMessage('5 9 0\nlproducer-lost')).toEqual({
      epoch: 5,
      first: 9,
      lines: [],
      end: { type: 'lost', code: 'producer-lost' },
    });
  });

  it('have an empty message that only counts the listeners', () => {
    expect(readMessage('')).toBeUndefined();
  });
});

describe('an end', () => {
  it('is read back as it was written', () => {
    for (const end of [
      { type: 'ended', line: '' },
      { type: 'ended', line: 'lproducer-lost' },
      { type: 'lost', code: 'producer-lost' },
      { type: 'lost', code: 'history-lost' },
    ] as const) {
      expect(readEnd(writeEnd(end))).toEqual(end);
    }
    expect(readEnd('')).toBeUndefined();
    expect(readEnd(undefined)).toBeUndefined();
  });
});

describe('a reply', () => {
  it('is undefined if Redis has no such stream', () => {
    expect(readReply([])).toBeUndefined();
    expect(readReply(null)).toBeUndefined();
  });

  it('is read from whatever the client makes of texts and numbers', () => {
    const reply = ['1', Buffer.from('node/1'), '5', 3, '-20', '', '{"user":7}', '2', 'a\nb', '3', 'c'];
    expect(readReply(reply)).toEqual({
      version: '1',
      owner: 'node/1',
      epoch: 5,
      next: 3,
      leftMs: -20,
      end: undefined,
      metadata: '{"user":7}',
      batches: [
        { first: 0, lines: ['a', 'b'] },
        { first: 2, lines: ['c'] },
      ],
    });
    expect(texts([null, 7])).toEqual(['', '7']);
  });
});
