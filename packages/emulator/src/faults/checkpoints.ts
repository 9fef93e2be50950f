import type { Answer } from '../answers/answer.ts';
import { defineFault } from './define-fault.ts';

/** Tokens to go on with, should the connection be lost. */
export const checkpoints = defineFault({
  description: 'Every few chunks carry a continuation token, without a finish reason.',
  defaults: { everyPieces: 2 },
  answer: (answer, { everyPieces }): Answer => ({ ...answer, checkpointEvery: Math.max(1, everyPieces) }),
});
