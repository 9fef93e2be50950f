import fc from 'fast-check';
import { toBytes } from './parse-all.ts';

const oneOf = (...choices: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...choices);

const word = fc.oneof(
  oneOf(
    '',
    ' ',
    '  a',
    'a',
    '1',
    '01',
    '10 ',
    '+5',
    'a: b',
    '\0',
    '\t',
    '…',
    '🧪',
    '\u2028',
    '\uFEFF',
    'ï»¿',
    '\uFFFD',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const name = fc.oneof(
  { weight: 6, arbitrary: oneOf('data', 'event', 'id', 'retry') },
  { weight: 1, arbitrary: oneOf('', 'dat', 'dataa', 'Data', ' data', 'i', 'ida', '<html>', '{"error"', '__proto__') },
);
const colon = oneOf(':', ': ', ':', '');
const line = fc
  .oneof({ weight: 5, arbitrary: fc.tuple(name, colon, word) }, { weight: 1, arbitrary: fc.tuple(word, colon, word) })
  .map((parts) => parts.join(''));
const lineEnd = oneOf('\n', '\r', '\r\n', '\n\n', '\r\n\r\n', '\r\r', '\n\r');

/** Texts that are nearly event streams, with every kind of line and line end, often cut at the end. */
export const eventStreamText: fc.Arbitrary<string> = fc
  .tuple(oneOf('', '\uFEFF', '\uFEFF\uFEFF'), fc.array(fc.tuple(line, lineEnd), { maxLength: 14 }), line)
  .map(([bom, lines, rest]) => bom + lines.flat().join('') + rest);

/** The same as bytes, some with bytes in them that are no UTF-8. */
export const eventStreamBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  eventStreamText.map(toBytes),
  fc
    .tuple(eventStreamText, fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 0x80, max: 0xff })), { maxLength: 4 }))
    .map(([text, faults]) => {
      const bytes = toBytes(text);
      for (const [at, byte] of faults) if (at < bytes.length) bytes[at] = byte;
      return bytes;
    }),
);

/** Splits something with `subarray` or `slice` at random places, with empty pieces among them. */
export const cutsOf = fc.array(fc.nat(600), { maxLength: 24 });

export const cutBytes = (bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
};

export const cutText = (text: string, cuts: readonly number[]): string[] => {
  const ends = [...cuts.map((cut) => cut % (text.length + 1)), text.length].toSorted((a, b) => a - b);
  return ends.map((end, index) => text.slice(index === 0 ? 0 : ends[index - 1], end));
};
