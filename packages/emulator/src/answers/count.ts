import type { AnswerPiece } from './answer.ts';

const words = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
];
const number = `(\\d{1,6}|${words.join('|')})`;
const request = new RegExp(
  `\\bcount\\b(.*?)\\b(?:from\\s+)?${number}\\s*(?:to|through|until|up to|down to|-|–)\\s*${number}\\b`,
  'iu',
);

/** Past this many numbers the count stops. */
const longestCount = 1_000;

/** The pieces for "count from A to B", one number each; slowly where slowly was asked for. `undefined` for anything else. */
export function countPieces(prompt: string): readonly AnswerPiece[] | undefined {
  const match = request.exec(prompt);
  if (match === null) return undefined;
  const from = readNumber(match[2]);
  const to = readNumber(match[3]);
  const step = from <= to ? 1 : -1;
  const length = Math.min(Math.abs(to - from) + 1, longestCount);
  const slowness = /\bslow/iu.test(prompt) ? 10 : 3;
  return Array.from({ length }, (_, index) => {
    const ending = index === length - 1 ? '.' : ',';
    return { parts: [{ text: `${index === 0 ? '' : ' '}${from + index * step}${ending}` }], tokens: 1, slowness };
  });
}

function readNumber(text: string | undefined): number {
  const named = words.indexOf((text ?? '').toLowerCase());
  return named === -1 ? Number(text) : named;
}
