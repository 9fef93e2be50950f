import { pick, type Random, randomBase64 } from '../wire/random.ts';
import { type GenerateRequest, promptOf } from '../wire/request.ts';
import { splitTokens } from '../wire/response.ts';
import type { AnswerPiece } from './answer.ts';
import { topicOf } from './compose-text.ts';
import type { Pace } from './pace.ts';

const headings = ['Finding the Question', 'Weighing the Options', 'Choosing an Order', 'Checking the Answer'];
const sentences = [
  'I start with what is asked about {}, and with what is not.',
  'Two ways lie open for {}; the shorter one seems enough here.',
  'I want the answer on {} to be short, true and easy to follow.',
  'Before I answer I look at {} once more from the other end.',
];

/** Thought summaries for a request that asks for them; none otherwise. Each is one chunk, as the API sends them. */
export function thoughtPieces(request: GenerateRequest, pace: Pace, random: Random): readonly AnswerPiece[] {
  if (!wantsThoughts(request)) return [];
  const topic = topicOf(promptOf(request));
  return headings.slice(0, 2 + Math.floor(random() * 2)).map((heading) => {
    const text = `**${heading}**\n\n${pick(random, sentences).replaceAll('{}', () => topic)}\n\n\n`;
    return {
      parts: [{ text, thought: true }],
      tokens: splitTokens(text).length,
      slowness: pace.tokensPerSecond > 0 ? 0.5 : 1,
    };
  });
}

/** True when the request asks to see thoughts and lets the model think at all. */
export function wantsThoughts(request: GenerateRequest): boolean {
  const config = request.generationConfig?.thinkingConfig;
  return config?.['includeThoughts'] === true && Number(config['thinkingBudget'] ?? -1) !== 0;
}

/** Models from Gemini 3 on sign their calls whether thoughts are shown or not, and want the signature back. */
export function signsCalls(modelVersion: string): boolean {
  return /^gemini-(?:[3-9]|\d{2})/u.test(modelVersion);
}

/** A thought signature: opaque, and the same for the same seed and prompt. */
export function thoughtSignature(random: Random): string {
  return randomBase64(random, 48);
}
