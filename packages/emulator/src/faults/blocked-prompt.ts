import type { Answer } from '../answers/answer.ts';
import { defineFault } from './define-fault.ts';

/** A prompt that the safety filter stops. */
export const blockedPrompt = defineFault({
  description: 'The prompt is blocked: feedback with a reason, and no candidates.',
  defaults: { reason: 'SAFETY', message: '' },
  answer: (_answer, { reason, message }): Answer => ({
    candidates: [],
    promptFeedback: {
      blockReason: reason,
      ...(message === '' ? {} : { blockReasonMessage: message }),
      safetyRatings: [{ category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH' }],
    },
  }),
});
