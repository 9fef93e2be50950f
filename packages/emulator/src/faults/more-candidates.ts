import type { Answer, AnswerCandidate } from '../answers/answer.ts';
import { defineFault } from './define-fault.ts';

/** Candidates that nobody asked for, taking turns. */
export const moreCandidates = defineFault({
  description: 'The chunks of several candidates take turns; each but the first begins with its own number.',
  defaults: { count: 2 },
  answer(answer, { count }): Answer {
    const [first] = answer.candidates;
    if (first === undefined) return answer;
    const candidate = (index: number): AnswerCandidate => ({
      ...first,
      pieces: [{ parts: [{ text: `Candidate ${index}: ` }], tokens: 2 }, ...first.pieces],
    });
    return {
      ...answer,
      candidates: Array.from({ length: count }, (_, index) => (index === 0 ? first : candidate(index))),
    };
  },
});
