import type { Pace } from '../wire/pace.ts';
import type { Random } from '../wire/random.ts';
import { splitTokens } from '../wire/tokens.ts';
import type { AnswerPiece } from './answer.ts';

/** Cuts a text into pieces of about `burst` tokens, of uneven size where the pace has jitter. */
export function textPieces(text: string, pace: Pace, random: Random): readonly AnswerPiece[] {
  const tokens = splitTokens(text);
  const pieces: AnswerPiece[] = [];
  for (let at = 0; at < tokens.length;) {
    const size = Math.max(1, Math.round(pace.burst * (1 + pace.jitter * (random() - 0.5))));
    const taken = tokens.slice(at, at + size);
    pieces.push({ parts: [{ text: taken.join('') }], tokens: taken.length });
    at += size;
  }
  return pieces;
}
