import { pick, type Random } from '../wire/random.ts';
import { type GenerateRequest, promptOf, textOf } from '../wire/request.ts';
import type { AnswerPiece } from './answer.ts';
import { type Pace, textPieces } from './pace.ts';

/** What the emulator says to a request: one ability after the other, prose when none knows better. */
export function composeText(request: GenerateRequest, pace: Pace, random: Random): readonly AnswerPiece[] {
  const prompt = promptOf(request);
  const counted = countPieces(prompt);
  if (counted !== undefined) return counted;
  const text =
    repeatAfter(prompt) ??
    recallName(prompt, request) ??
    calculate(prompt) ??
    greet(prompt, random) ??
    composeList(prompt, random) ??
    composeProse(prompt, random);
  return textPieces(text, pace, random);
}

function repeatAfter(prompt: string): string | undefined {
  const match =
    /^(?:please\s+)?(?:say|repeat(?: after me)?|echo|(?:reply|answer|respond) with(?: exactly)?)\s*:?\s+(.+)$/isu.exec(
      prompt,
    );
  return match?.[1]?.trim().replaceAll(/^["'“”]|["'“”]$/gu, '');
}

function recallName(prompt: string, request: GenerateRequest): string | undefined {
  const given = (text: string): string | undefined => /\bmy name is ([\p{L}\p{M}'-]+)/iu.exec(text)?.[1];
  const now = given(prompt);
  if (now !== undefined) return `Nice to meet you, ${now}. What would you like to talk about?`;
  if (!/\bwhat(?:'s| is) my name\b/iu.test(prompt)) return undefined;
  const name = request.contents.map((content) => given(textOf(content))).findLast((found) => found !== undefined);
  return name === undefined ? 'You have not told me your name yet.' : `Your name is ${name}. You told me a moment ago.`;
}

const greetings = [
  'Hello! I am a small emulator that answers the way Gemini does on the wire. Ask me anything, and watch it arrive piece by piece.',
  'Hi there! There is no model behind these words, only a generator with a seed. They stream like the real thing, though.',
  'Good to hear from you! I make my answers up, but their timing and their shape on the wire are meant seriously.',
];

function greet(prompt: string, random: Random): string | undefined {
  const isGreeting = /^(?:hi|hello|hey|hallo|good (?:morning|evening|day))(?:\s+(?:there|gemini|again))?[\s!.,?]*$/iu;
  return prompt === '' || isGreeting.test(prompt) ? pick(random, greetings) : undefined;
}

const numberWords = [
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
const numberPattern = `(\\d{1,6}|${numberWords.join('|')})`;
const countRequest = new RegExp(
  `\\bcount\\b(.*?)\\b(?:from\\s+)?${numberPattern}\\s*(?:to|through|until|up to|down to|-|–)\\s*${numberPattern}\\b`,
  'iu',
);

/** Past this many numbers the count stops. */
const longestCount = 1_000;

/** The pieces for "count from A to B", one number each; slowly where slowly was asked for. `undefined` for anything else. */
export function countPieces(prompt: string): readonly AnswerPiece[] | undefined {
  const match = countRequest.exec(prompt);
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
  const named = numberWords.indexOf((text ?? '').toLowerCase());
  return named === -1 ? Number(text) : named;
}

/** Sentences by their place in a paragraph; `{}` is the topic. */
const openings = [
  'The short answer about {} is that it depends on what you start from.',
  'Think of {} as a chain of small steps, each simple when seen alone.',
  'There are two sides to {}: what one sees, and what makes it happen.',
  'Most people meet {} long before they have a name for it.',
  'Let us take {} apart, one piece at a time.',
];
const bodies = [
  'First comes the setting – what has to be there before anything can happen.',
  'Then something small changes, and the rest follows from it.',
  'The details differ from case to case, but the order stays the same.',
  'It helps to look at one concrete example and to ask what would be missing without it.',
  'A naïve reading stops here; a careful one asks what the limits are.',
  'Numbers make it clearer: doubling the cause rarely doubles the effect.',
  'What looks like one event is often many, too quick to tell apart.',
  'Where the conditions are right, {} explains itself.',
  'Where they are not, the exceptions teach more than the rule.',
  'None of this needs special tools, only patience and a good question.',
];
const closings = [
  'In short, {} is less mysterious than it looks.',
  'So the next time {} comes up, begin with the smallest case.',
  'That is the heart of {}; the rest is practice.',
  'With that in mind, {} becomes something one can reason about.',
];

const sentencesInParagraph = 4;
const longestAnswerWords = 5_000;

/** A few paragraphs about what the prompt asks; as long as it asks for ("in 300 words", "in detail", "briefly"). */
export function composeProse(prompt: string, random: Random): string {
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

function composeParagraph(random: Random, first: boolean, last: boolean): string {
  const left = [...bodies];
  const middle = Array.from({ length: sentencesInParagraph }, () => {
    const sentence = pick(random, left);
    left.splice(left.indexOf(sentence), 1);
    return sentence;
  });
  return [...(first ? [pick(random, openings)] : []), ...middle, ...(last ? [pick(random, closings)] : [])].join(' ');
}

function wordsWanted(prompt: string): number {
  const number = /\b(\d{1,6})[\s-]words?\b/iu.exec(prompt)?.[1];
  if (number !== undefined) return Math.min(Math.max(Number(number), 1), longestAnswerWords);
  if (/\b(?:in detail|detailed|long|essay|thorough)\b/iu.test(prompt)) return 400;
  return 60;
}

const topicOpenings =
  /^(?:please|could you|can you|would you|hey|ok(?:ay)?|so|now|i want you to|explain|describe|summari[sz]e|discuss|define|compare|tell me|write|compose|give me|show me|list|teach me|what(?:'s| is| are| was| were| do| does)?|why(?: is| are| do| does| did)?|how(?: do| does| did| can| to| is| are)?|who(?: is| was)?|when|where|about|a|an|the|me|us|some|short|long|brief|detailed|story|essay|poem|paragraph|text|article|haiku|summary|list|overview|of|on|in detail|you|i|we)[\s,:]+/iu;

/** What a prompt is about, in at most eight words; `'this'` when nothing is left. */
export function topicOf(prompt: string): string {
  let rest = prompt.replaceAll(/\s+/gu, ' ').trim();
  for (let before = ''; before !== rest;) {
    before = rest;
    rest = rest.replace(topicOpenings, '');
  }
  const [sentence = ''] = rest.split(/[.?!\n;]/u);
  const words = sentence.trim().split(' ').filter(Boolean).slice(0, 8);
  return words.length === 0 ? 'this' : words.join(' ');
}

const items = [
  '**Begin small.** One case that works says more than ten that might.',
  '**Name things.** What has a name can be discussed.',
  '**Measure first.** A guess is only the start of a measurement.',
  '**Change one thing at a time.** Otherwise nobody knows which change helped.',
  '**Write it down.** A note outlives a memory.',
  '**Ask early.** A question costs less than a wrong turn.',
  '**Rest.** Many answers come when one has stopped looking.',
  '**Look at the limits.** What happens at zero, at one, at very many?',
  '**Keep what works.** Not every old way is a bad way.',
  '**Show it to somebody.** A second pair of eyes sees what the first skips.',
  '**Throw something away.** What is gone cannot break.',
  '**Finish.** Done has a quality of its own.',
];

/** A numbered list for a prompt that asks for tips, steps, reasons, ideas or items; `undefined` for others. */
export function composeList(prompt: string, random: Random): string | undefined {
  const match = /\b(\d{1,2}\s+)?(tips|steps|reasons|ideas|ways|rules|items|things|facts)\b/iu.exec(prompt);
  if (match === null) return undefined;
  const wanted = Math.min(Math.max(Number(match[1] ?? 5), 1), items.length);
  const shuffled = items.map((item) => ({ item, rank: random() })).toSorted((left, right) => left.rank - right.rank);
  const lines = shuffled.slice(0, wanted).map(({ item }, index) => `${index + 1}. ${item}`);
  return `Here is what matters for ${topicOf(prompt.replace(match[0], ''))}:\n\n${lines.join('\n')}`;
}

const question =
  /(-?\d{1,9}(?:\.\d{1,6})?)\s*(\+|-|\*|×|x|\/|÷|plus|minus|times|divided by)\s*(-?\d{1,9}(?:\.\d{1,6})?)(?:\s*=)?\s*[?.!]*$/iu;

const operations: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  plus: (left, right) => left + right,
  '-': (left, right) => left - right,
  minus: (left, right) => left - right,
  '*': (left, right) => left * right,
  '×': (left, right) => left * right,
  x: (left, right) => left * right,
  times: (left, right) => left * right,
  '/': (left, right) => left / right,
  '÷': (left, right) => left / right,
  'divided by': (left, right) => left / right,
};

/** The answer to a sum of two numbers ("What is 17 * 3?"), `undefined` when the prompt is none. */
export function calculate(prompt: string): string | undefined {
  const match = question.exec(prompt);
  if (match === null) return undefined;
  const [, left, sign, right] = match;
  const result = operations[(sign ?? '').toLowerCase()]?.(Number(left), Number(right));
  if (result === undefined) return undefined;
  if (!Number.isFinite(result)) return `${left} ${sign} ${right} has no answer: one cannot divide by zero.`;
  return `${left} ${sign} ${right} = ${Number(result.toPrecision(12))}.`;
}
