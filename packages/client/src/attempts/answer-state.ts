import type { GenerateContentResponse } from '../wire.ts';

/** How far an answer has come. */
export interface AnswerState {
  /** The first candidate's. */
  readonly finishReason: string | undefined;
  readonly blockReason: string | undefined;
  /** Every candidate has a finish reason, or the prompt was blocked. */
  readonly isWhole: boolean;
  /** The server left off and asks for another request to go on. */
  readonly isHandover: boolean;
}

/** Reads it from a merged response. Pure. */
export function answerState({ candidates = [], promptFeedback }: GenerateContentResponse): AnswerState {
  const blockReason = promptFeedback?.blockReason;
  const reasons = candidates.map((candidate) => candidate.finishReason);
  const isHandover = reasons.includes('CONTINUATION');
  const isFinished = reasons.length > 0 && !isHandover && reasons.every(Boolean);
  return { finishReason: reasons[0], blockReason, isWhole: blockReason !== undefined || isFinished, isHandover };
}
