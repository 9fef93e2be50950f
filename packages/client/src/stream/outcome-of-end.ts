import type { StreamEnd } from '@gemini/stream-manager';
import { conclude } from './conclude.ts';
import { GeminiError } from '../errors/errors.ts';
import type { StreamOutcome } from './outcome.ts';

/**
 * The outcome of a managed stream. It is the source's own, except where the manager ended a stream that had not begun,
 * or whose source broke.
 */
export function outcomeOfEnd(end: StreamEnd<StreamOutcome>): StreamOutcome {
  if (end.result !== undefined) return end.result;
  const error =
    end.error instanceof GeminiError
      ? end.error
      : new GeminiError('stopped', 'the stream was stopped before it began', { cause: end.error ?? end.reason });
  return conclude({ response: {}, text: '', attempts: 0, attemptReports: [], error, isInsideEvent: false });
}
