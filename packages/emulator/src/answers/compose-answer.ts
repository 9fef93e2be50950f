import { type GenerateRequest, promptOf } from '../wire/generate-request.ts';
import type { Pace } from '../wire/pace.ts';
import { createRandom, hashText } from '../wire/random.ts';
import type { Answer } from './answer.ts';
import { composeCandidate } from './compose-candidate.ts';
import { signsCalls } from './thoughts.ts';
import { limitCandidate } from './limit-answer.ts';

/** What an answer depends on besides the request. */
export interface AnswerContext {
  readonly pace: Pace;
  readonly seed: number;
  /** What the model really is, an alias resolved. */
  readonly modelVersion: string;
}

/** The emulator's own answer to a request: the same for the same seed and prompt. */
export function composeAnswer(request: GenerateRequest, { pace, seed, modelVersion }: AnswerContext): Answer {
  const count = request.generationConfig?.candidateCount ?? 1;
  const candidates = Array.from({ length: count }, (_, index) => {
    const own = `${seed}\n${index}\n${promptOf(request)}`;
    const random = createRandom(hashText(own));
    const thinking = createRandom(hashText(`thinking\n${own}`));
    return limitCandidate(
      composeCandidate(request, { pace, random, thinking, signsCalls: signsCalls(modelVersion) }),
      request.generationConfig,
    );
  });
  return { candidates };
}
