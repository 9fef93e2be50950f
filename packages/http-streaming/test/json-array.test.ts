import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { JsonArrayReader } from '../src/json-array.ts';

const split = (pieces: readonly string[], maxBytes = 1_000_000) => {
  const elements: string[] = [];
  let rest = '';
  const reader = new JsonArrayReader(maxBytes, ({ data, unterminated }) => {
    if (unterminated) rest = data;
    else elements.push(data);
  });
  for (const piece of pieces) reader.push(Buffer.from(piece));
  reader.end();
  return { elements, rest };
};

const cut = (text: string, places: readonly number[]): string[] => {
  const borders = [0, ...places.map((place) => place % (text.length + 1)), text.length].toSorted((a, b) => a - b);
  return borders.slice(1).map((border, index) => text.slice(borders[index], border));
};

it('the reader returns the elements of any array, however its text is cut', () => {
  const whitespace = fc.constantFrom('', ' ', '\n', '\r\n');
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), whitespace, fc.array(fc.nat()), (values, space, places) => {
      const text = `${space}[${space}${values.map((value) => JSON.stringify(value)).join(`${space},${space}`)}${space}]${space}`;
      const { elements, rest } = split(cut(text, places));
      expect(elements).toEqual(values.map((value) => JSON.stringify(value)));
      expect(rest).toBe('');
    }),
  );
});

it('the reader keeps an element that the end cut', () => {
  expect(split(['[{"a":1}, {"b":"', 'x'])).toEqual({ elements: ['{"a":1}'], rest: '{"b":"x' });
});

it('the reader stops at the size limit of an element, however it is cut', () => {
  expect(() => split(['[', `"${'x'.repeat(50)}"`, ']'], 40)).toThrow(RangeError);
  expect(() => split(['["', ...Array.from({ length: 50 }, () => 'x')], 40)).toThrow(RangeError);
  // Eleven characters of three bytes each, and two quotes.
  expect(split([`["${'€'.repeat(11)}"]`], 35).elements).toHaveLength(1);
  expect(() => split([`["${'€'.repeat(11)}"]`], 34)).toThrow(RangeError);
  expect(split([`[${'"12345678",'.repeat(50)}"x"]`], 40).elements).toHaveLength(51);
});
