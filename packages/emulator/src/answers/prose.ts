import { pick, type Random } from '../wire/random.ts';
import { topicOf } from './topic.ts';

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
