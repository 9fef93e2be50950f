import type { Answer, AnswerPiece } from '../answers/answer.ts';
import { defineFault } from './define-fault.ts';

/** An answer that goes on for long. */
export const manyPieces = defineFault({
  description: 'The answer is continued with numbered pieces until it has so many.',
  defaults: { count: 1_000 },
  answer(answer, { count }): Answer {
    const more = (from: number): readonly AnswerPiece[] =>
      Array.from({ length: Math.max(0, count - from) }, (_, index) => ({
        parts: [{ text: ` piece ${from + index}` }],
        tokens: 2,
      }));
    const candidates = answer.candidates.map((candidate) => ({
      ...candidate,
      pieces: [...candidate.pieces, ...more(candidate.pieces.length)],
    }));
    return { ...answer, candidates };
  },
});
