import { pick, type Random } from '../wire/random.ts';
import { type GenerateRequest, promptOf, textOf } from '../wire/request.ts';
import type { AnswerPiece } from './answer.ts';
import { type Pace, textPieces } from './pace.ts';
import { type PreparedAnswer, preparedAnswers } from './prompts.ts';

/** Returns the pieces of the answer: a count, the words to repeat, a prepared answer, or prose. */
export function composeText(request: GenerateRequest, pace: Pace, random: Random): readonly AnswerPiece[] {
  const prompt = promptOf(request);
  const text = () => wordsToRepeat(prompt) ?? findPreparedAnswer(request)?.text ?? composeProse(prompt, random);
  return countPieces(prompt) ?? textPieces(text(), pace, random);
}

/** Returns the prepared answer to the last prompt, if there is one. */
export function findPreparedAnswer(request: GenerateRequest): PreparedAnswer | undefined {
  const prompt = promptOf(request)
    .toLowerCase()
    .replace(/[.!?]+$/u, '');
  return preparedAnswers.find(
    (row) => row.prompt === prompt && (row.after === undefined || wasSaid(request, row.after)),
  );
}

function wasSaid({ contents }: GenerateRequest, text: string): boolean {
  return contents.some((content) => content.role !== 'model' && textOf(content).toLowerCase().includes(text));
}

function wordsToRepeat(prompt: string): string | undefined {
  const match =
    /^(?:please\s+)?(?:say|repeat(?: after me)?|echo|(?:reply|answer|respond) with(?: exactly)?)\s*:?\s+(.+)$/isu.exec(
      prompt,
    );
  return match?.[1]?.trim().replaceAll(/^["'“”]|["'“”]$/gu, '');
}

const numberNames = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ');
const numberPattern = `(\\d{1,6}|${numberNames.join('|')})`;
const countPattern = new RegExp(
  `\\bcount\\b(.*?)\\b(?:from\\s+)?${numberPattern}\\s*(?:to|through|until|up to|down to|-|–)\\s*${numberPattern}\\b`,
  'iu',
);
const maxCount = 1_000;

/** Returns one piece for each number of "count from A to B": three times slower than the pace, or ten times for "slowly". */
function countPieces(prompt: string): readonly AnswerPiece[] | undefined {
  const match = countPattern.exec(prompt);
  if (match === null) return undefined;
  const from = readNumber(match[2]);
  const to = readNumber(match[3]);
  const step = from <= to ? 1 : -1;
  const length = Math.min(Math.abs(to - from) + 1, maxCount);
  const slowness = /\bslow/iu.test(prompt) ? 10 : 3;
  return Array.from({ length }, (_, index) => {
    const ending = index === length - 1 ? '.' : ',';
    return { parts: [{ text: `${index === 0 ? '' : ' '}${from + index * step}${ending}` }], tokens: 1, slowness };
  });
}

function readNumber(text: string | undefined): number {
  const index = numberNames.indexOf((text ?? '').toLowerCase());
  return index === -1 ? Number(text) : index;
}

/** Sentences by their position in a text. `{}` stands for the prompt. */
const openings = [
  'You asked “{}”, and the short answer is that it depends on where you start.',
  'Take “{}” as a chain of small steps, each of them simple.',
  'There are two sides to “{}”: what you see, and what makes it happen.',
  'Most people meet “{}” long before they can put it into words.',
  'Let us take “{}” apart, one piece at a time.',
];
const bodies = [
  'First comes the setting – everything that has to be there before anything can happen.',
  'Then something small changes, and the rest follows from it.',
  'The details differ from case to case, but the order stays the same.',
  'It helps to look at one concrete example and to ask what would be missing without it.',
  'A naïve reading stops here; a careful one asks for the limits.',
  'Numbers make it clearer: doubling the cause rarely doubles the effect.',
  'One visible event is often many small ones, too quick to tell apart.',
  'If the conditions are right, the result explains itself.',
  'If they are not, the exceptions teach more than the rule.',
  'None of this needs special tools, only patience and a good question.',
];
const closings = [
  'In short, “{}” is less mysterious than it looks.',
  'So the next time you ask “{}”, begin with the smallest case.',
  'That is the heart of “{}”; the rest is practice.',
  'With that in mind, you can reason about “{}” yourself.',
];

const sentencesInParagraph = 4;
const maxWords = 5_000;

function composeProse(prompt: string, random: Random): string {
  const topic = topicOf(prompt);
  const wanted = wordsWanted(prompt);
  const paragraphs: string[] = [];
  for (let words = 0; words < wanted;) {
    const paragraph = composeParagraph(random, paragraphs.length === 0, words + 70 >= wanted);
    const text = paragraph.replaceAll('{}', () => topic);
    words += text.split(' ').length;
    paragraphs.push(text);
  }
  return paragraphs.join('\n\n');
}

function composeParagraph(random: Random, isFirst: boolean, isLast: boolean): string {
  const left = [...bodies];
  const middle = Array.from({ length: sentencesInParagraph }, () => {
    const sentence = pick(random, left);
    left.splice(left.indexOf(sentence), 1);
    return sentence;
  });
  return [...(isFirst ? [pick(random, openings)] : []), ...middle, ...(isLast ? [pick(random, closings)] : [])].join(
    ' ',
  );
}

function wordsWanted(prompt: string): number {
  const number = /\b(\d{1,6})[\s-]words?\b/iu.exec(prompt)?.[1];
  if (number !== undefined) return Math.min(Math.max(Number(number), 1), maxWords);
  if (/\b(?:in detail|detailed|long|essay|thorough)\b/iu.test(prompt)) return 400;
  return 60;
}

/** Returns the first eight words of the prompt, without the punctuation after them; `'this'` for an empty prompt. */
export function topicOf(prompt: string): string {
  const [sentence = ''] = prompt.trim().split(/[.?!\n;]/u);
  const words = sentence.split(/\s+/u).filter(Boolean).slice(0, 8);
  return words.length === 0 ? 'this' : words.join(' ');
}
