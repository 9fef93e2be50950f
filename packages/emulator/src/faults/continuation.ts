import type { Answer } from '../answers/answer.ts';
import { defineFault } from './define-fault.ts';

/** A long decode that is handed over in the middle. */
export const continuation = defineFault({
  description:
    'After some pieces the answer ends with `CONTINUATION` and a token; a request with the token goes on from there.',
  defaults: { afterPieces: 3 },
  answer: (answer, { afterPieces }): Answer => ({ ...answer, handoverEvery: Math.max(1, afterPieces) }),
});
