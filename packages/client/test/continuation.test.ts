import { createGemini, type Part } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Continuation, DeliveredTail } from '../src/answer/continuation.ts';
import { body, chunk } from './chunks.ts';

const call = { functionCall: { name: 'f', args: { a: 1 } } };

/** Splits a text into pieces of these lengths and the rest. */
const cut = (text: string, lengths: readonly number[]): Part[] => {
  const parts: Part[] = [];
  let at = 0;
  for (const length of [...lengths, text.length]) {
    if (at < text.length && length > 0) parts.push({ text: text.slice(at, at + length) });
    at += length;
  }
  return parts;
};

it('a resumed answer loses its repeated content, however it is split', () => {
  const lengths = fc.array(fc.nat(5), { maxLength: 6 });
  fc.assert(
    fc.property(fc.string(), fc.string(), lengths, lengths, (told, more, first, second) => {
      const tail = new DeliveredTail();
      for (const part of [...cut(told, first), call]) tail.note(part);
      tail.rewind();
      const again = [...cut(told, second), { ...call, thoughtSignature: 'bmV3' }, ...cut(more, first)];
      const fresh = again.map((part) => tail.strip(part)?.text ?? '');
      expect(fresh.join('')).toBe(more);
      expect(tail.isBehind).toBe(false);
    }),
  );
});

it('a piece with repeated and new text keeps the new text', () => {
  const tail = new DeliveredTail();
  tail.note({ text: 'one two' });
  tail.rewind();
  expect(tail.strip({ text: 'one ' })).toBeUndefined();
  expect(tail.isBehind).toBe(true);
  expect(tail.strip({ text: 'two three' })).toEqual({ text: ' three' });
});

it('a part whose fields come in another order is the same, and a signature alone is no content', () => {
  const tail = new DeliveredTail();
  tail.note({ text: '', thought: true, thoughtSignature: 'old' });
  tail.note({ inlineData: { mimeType: 'image/png', data: 'eA==' } });
  tail.rewind();
  expect(tail.strip({ text: '', thoughtSignature: 'new' })).toBeUndefined();
  expect(tail.strip({ inlineData: { data: 'eA==', mimeType: 'image/png' } })).toBeUndefined();
  expect(tail.isBehind).toBe(false);
  expect(tail.strip({ text: '', thoughtSignature: 'more' })).toEqual({ text: '', thoughtSignature: 'more' });
});

it('a token inside the repeated content does not end the removal', () => {
  const tail = new DeliveredTail();
  tail.note({ text: 'one two' });
  tail.rewind();
  tail.strip({ text: 'one ' });
  tail.mark();
  tail.rewind();
  expect(tail.strip({ text: 'two' })).toBeUndefined();
  expect(tail.isBehind).toBe(false);
});

it.for<[string, Part, Part]>([
  ['another text', { text: 'one' }, { text: 'two' }],
  ['a thought instead of text', { text: 'one' }, { text: 'one', thought: true }],
  ['another call', call, { functionCall: { name: 'f', args: { a: 2 } } }],
  ['text instead of a call', call, { text: 'one' }],
])('a resumed answer with %s is refused', ([, told, again]) => {
  const tail = new DeliveredTail();
  tail.note(told);
  tail.rewind();
  expect(() => tail.strip(again)).toThrow(expect.objectContaining({ code: 'resume-mismatch' }));
});

it('a resumed answer with text instead of the next call is refused', () => {
  const tail = new DeliveredTail();
  for (const part of [{ text: 'one' }, call]) tail.note(part);
  tail.rewind();
  expect(() => tail.strip({ text: 'one more' })).toThrow(expect.objectContaining({ code: 'resume-mismatch' }));
});

it.for<[length: number, canCompare: boolean]>([
  [36, true],
  [35, false],
])('the content of a lost process is compared up to the very length of the limit: %i', ([length, canCompare]) => {
  const delivered = [{ candidates: [{ content: { parts: [{ text: 'four' }] } }] }];
  expect(new Continuation(length).adopt('token', delivered)).toBe(canCompare);
});

it('a server that hands over with the token that it was sent is asked no third time', async () => {
  const handover = chunk([{ text: 'more ' }], { finishReason: 'CONTINUATION', continuationToken: 'again' });
  await using emulator = await createEmulator({ recording: { body: body(handover) } });
  const gemini = createGemini({ baseUrl: emulator.url, totalTimeoutMs: 60_000 });
  const outcome = await gemini.stream('hello').outcome;
  expect(outcome).toMatchObject({ status: 'truncated', text: 'more more ', attempts: 2 });
  expect(emulator.requests).toHaveLength(2);
});

it('the length of what is kept counts each source that came, and not those that come again', () => {
  const tail = new DeliveredTail();
  const sources = { groundingMetadata: { webSearchQueries: ['x'.repeat(1_000)] } };
  tail.stripSources(sources);
  const { length } = tail;
  expect(length).toBeGreaterThan(1_000);
  tail.rewind();
  expect(tail.stripSources(sources)).toEqual({});
  expect(tail.length).toBe(length);
  tail.stripSources({ groundingMetadata: { webSearchQueries: ['y'.repeat(1_000)] } });
  expect(tail.length).toBeGreaterThan(2_000);
});

it('sources that have come again before a token are kept no longer', () => {
  const tail = new DeliveredTail();
  const sources = { groundingMetadata: { webSearchQueries: ['x'.repeat(1_000)] } };
  tail.stripSources(sources);
  tail.rewind();
  tail.stripSources(sources);
  expect(tail.hasCaughtUp).toBe(true);
  tail.mark();
  expect(tail.length).toBe(0);
  // The same source after the token is a new one, once.
  expect(tail.stripSources(sources)).toEqual(sources);
  tail.rewind();
  expect(tail.stripSources(sources)).toEqual({});
  expect(tail.stripSources(sources)).toEqual(sources);
});
