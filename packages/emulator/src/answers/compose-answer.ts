import type { GenerateRequest } from '../wire/generate-request.ts';
import type { Pace } from '../wire/pace.ts';
import type { Random } from '../wire/random.ts';
import type { Answer } from './answer.ts';
import { composeText } from './compose-text.ts';

/** Everything the answer to a request depends on. */
export interface AnswerContext {
  readonly pace: Pace;
  readonly random: Random;
}

/** The emulator's own answer to a request: the same for the same seed and prompt. */
export function composeAnswer(request: GenerateRequest, { pace, random }: AnswerContext): Answer {
  return { candidates: [{ pieces: composeText(request, pace, random), finishReason: 'STOP' }] };
}
