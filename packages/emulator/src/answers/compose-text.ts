import type { GenerateRequest } from '../wire/generate-request.ts';
import { promptOf, textOf } from '../wire/generate-request.ts';
import type { Pace } from '../wire/pace.ts';
import { pick, type Random } from '../wire/random.ts';
import type { AnswerPiece } from './answer.ts';
import { calculate } from './calculate.ts';
import { countPieces } from './count.ts';
import { composeList } from './list.ts';
import { composeProse } from './prose.ts';
import { textPieces } from './text-pieces.ts';

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
