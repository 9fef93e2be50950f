import type { AttemptReport } from '../attempts/attempt-report.ts';
import { judgeAnswer, type WireEnd } from '../attempts/answer-state.ts';
import { setPartial } from '../errors/errors.ts';
import { isBlocking, type StreamOutcome } from './outcome.ts';
import type { GenerateContentResponse } from '../wire.ts';

/** The facts of a stream that has ended. */
export interface Conclusion extends Partial<WireEnd> {
  readonly response: GenerateContentResponse;
  readonly text: string;
  /** Requests that were sent. */
  readonly attempts: number;
  readonly attemptReports: readonly AttemptReport[];
  /** The last token counts came with the finish reason, or after it. */
  readonly isUsageFinal?: boolean | undefined;
  /** Events that could not be read and were skipped. */
  readonly skippedChunks?: number | undefined;
}

/** Makes the outcome of a stream. The error, if there is one, carries the partial response. */
export function conclude(conclusion: Conclusion): StreamOutcome {
  const { response, text, attempts, attemptReports, isUsageFinal, skippedChunks = 0 } = conclusion;
  const wireEnd = { error: conclusion.error, isInsideEvent: conclusion.isInsideEvent ?? false };
  const { finishReason, blockReason, isWhole, endedBy, error } = judgeAnswer(response, wireEnd);
  const usage = response.usageMetadata;
  // Some servers put a finish reason on every chunk: the counts of an answer that was cut are not its last.
  const usageKind = usage && (isWhole && isUsageFinal === true ? 'final' : 'last-seen');
  const counts = { usage, usageKind, skippedChunks, attempts, attemptReports } as const;
  const facts = { text, response, finishReason, blockReason, ...counts, endedBy, error };
  if (error === undefined) {
    const isBlocked = blockReason !== undefined || isBlocking(finishReason ?? '');
    return { ...facts, status: isBlocked ? 'blocked' : 'completed' };
  }
  setPartial(error, response);
  if (error.code === 'stopped') return { ...facts, status: 'stopped' };
  return { ...facts, status: error.code === 'truncated' ? 'truncated' : 'failed' };
}
