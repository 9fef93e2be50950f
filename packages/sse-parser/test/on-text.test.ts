import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSseParser, type SseEvent } from '../src/index.ts';
import { inPiecesOf, parseAll, toBytes, toldBy } from './parse-all.ts';

describe('onText', () => {
  it.for([
    ['<!doctype html>\n<html>\n', ['<!doctype html>\n<html>']],
    ['<p>\r\n\r\n\r\n</p>\r\n\r\n', ['<p>\n\n\n</p>']],
    ['{"error": {\n  "code": 503\n}}', ['{"error": {\n  "code": 503\n}}']],
    ['first\nsecond: 2\ndata: a\n\nthird\n', ['first\nsecond: 2', 'third']],
    ['first\nid: 1\nsecond\nretry: x\nthird\nevent\nfourth', ['first', 'second', 'third', 'fourth']],
    ['first\n: ping\nsecond\n', ['first', 'second']],
    ['first\n: cut', ['first']],
    ['first\ndat', ['first']],
    ['first\ndate', ['first\ndate']],
    ['\n\nfirst', ['first']],
    ['data: a\n\n', []],
    [' data: 1\nDATA: 2\ndata : 3\n', [' data: 1\nDATA: 2\ndata : 3']],
  ] as const)('reports for %j the texts %j', ([input, texts]) => {
    expect(toldBy(parseAll([input]), 'text')).toEqual(texts);
    expect(toldBy(parseAll(inPiecesOf(1, toBytes(input))), 'text')).toEqual(texts);
  });

  it('reports a text before the event that ends it', () => {
    expect(parseAll(['what\ndata: a\n\n']).log).toEqual([
      ['text', 'what'],
      ['event', { data: 'a', event: undefined, id: undefined }],
    ]);
  });

  it('never changes the events, whatever the size of the text', () => {
    const html = `<p>${'é'.repeat(1000)}\n</p>\n`;
    const wire = `${html}data: a\n\n${html}data: b\n\n`;
    const texts: string[] = [];
    const events: SseEvent[] = [];
    const parser = createSseParser({
      maxEventBytes: 100,
      onEvent: (event) => events.push(event),
      onText: (text) => texts.push(text),
    });
    for (const piece of inPiecesOf(17, toBytes(wire))) parser.push(piece);
    expect(events).toEqual([{ data: 'a' }, { data: 'b' }]);
    expect(texts).toEqual([`<p>${'é'.repeat(97)}`, `<p>${'é'.repeat(97)}`]);
  });

  it('reports the same beginning of a long text for any pieces', () => {
    const lines = fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '€', '🧭'), maxLength: 20 }));
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 9 }), (texts, max, size) => {
        const told: string[] = [];
        const parser = createSseParser({ maxEventBytes: max, onEvent: () => {}, onText: (text) => told.push(text) });
        // A letter in front, so that no line is the beginning of a field or a comment.
        const whole = texts.map((text) => (text === '' ? '' : `x${text}`)).join('\n');
        for (const piece of inPiecesOf(size, toBytes(whole))) parser.push(piece);
        parser.end();
        const expected = whole.replace(/^\n+|\n+$/g, '');
        expect(told).toEqual(expected === '' ? [] : [expected.slice(0, max)]);
      }),
      { numRuns: 2000 },
    );
  });

  it('reports at most maxEventBytes of a comment', () => {
    const comments: string[] = [];
    const parser = createSseParser({ maxEventBytes: 7, onEvent: () => {}, onComment: (text) => comments.push(text) });
    for (const piece of inPiecesOf(3, toBytes(`: ${'é'.repeat(9)}\n:${'é'.repeat(9)}\n: \n:\n`))) parser.push(piece);
    expect(comments).toEqual(['ééééééé', 'ééééééé', '', '']);
  });
});
