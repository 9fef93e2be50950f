import { pick, type Random, randomBase64 } from '../wire/random.ts';
import { type GenerateRequest, promptOf } from '../wire/request.ts';
import { splitTokens } from '../wire/response.ts';
import type { AnswerPiece } from './answer.ts';
import { topicOf } from './compose-text.ts';

const headings = ['Finding the Question', 'Weighing the Options', 'Choosing an Order', 'Checking the Answer'];
const sentences = [
  'I start with what “{}” asks for, and with what it leaves open.',
  'There are two ways to answer “{}”; the shorter one is enough here.',
  'I want the answer to “{}” to be short, true and easy to follow.',
  'Before I answer I read “{}” once more.',
];

/** Returns thought summaries, one per chunk as the API sends them, if the request asks for them. */
export function thoughtPieces(request: GenerateRequest, random: Random): readonly AnswerPiece[] {
  if (!wantsThoughts(request)) return [];
  const topic = topicOf(promptOf(request));
  return headings.slice(0, 2 + Math.floor(random() * 2)).map((heading) => {
    const text = `**${heading}**\n\n${pick(random, sentences).replaceAll('{}', () => topic)}\n\n\n`;
    return {
      parts: [{ text, thought: true }],
      tokens: splitTokens(text).length,
      slowness: 0.5,
    };
  });
}

/** Returns whether the request asks for thoughts and allows the model to think. */
export function wantsThoughts(request: GenerateRequest): boolean {
  const config = request.generationConfig?.thinkingConfig;
  return config?.['includeThoughts'] === true && Number(config['thinkingBudget'] ?? -1) !== 0;
}

/** Returns whether the model signs its calls and requires the signature in the history: Gemini 3 and later do. */
export function signsCalls(modelVersion: string): boolean {
  return /^gemini-(?:[3-9]|\d{2})/u.test(modelVersion);
}

/** Returns an opaque thought signature, the same for the same seed and prompt. */
export function thoughtSignature(random: Random): string {
  return randomBase64(random, 48);
}
