import type { AttemptReport } from '../attempts/attempt-report.ts';
import { answerState } from '../attempts/answer-state.ts';
import { GeminiError, setPartial } from '../errors/errors.ts';
import { isBlocking, type StreamOutcome } from './outcome.ts';
import type { GenerateContentResponse } from '../wire.ts';

/** What is known when nothing more will come. */
export interface Conclusion {
  readonly response: GenerateContentResponse;
  readonly text: string;
  /** Requests that were sent. */
  readonly attempts: number;
  readonly attemptReports: readonly AttemptReport[];
  /** Why the wire ended, where it did not end by itself. */
  readonly error?: GeminiError | undefined;
  /** The wire's last event was cut: it was no whole JSON. */
  readonly isCut?: boolean | undefined;
  /** The last token counts came with the finish reason, or after it. */
  readonly isUsageFinal?: boolean | undefined;
  /** Events that could not be read and were passed over. */
  readonly skippedChunks?: number | undefined;
}

/** Decides how a stream ended, and gives the error, where there is one, what had come. */
export function conclude(conclusion: Conclusion): StreamOutcome {
  const { response, text, attempts, attemptReports, error, isCut, isUsageFinal, skippedChunks = 0 } = conclusion;
  const state = answerState(response);
  const { finishReason, blockReason } = state;
  const isWhole = state.isWhole && isCut !== true;
  const usage = response.usageMetadata;
  // Some servers put a finish reason on every chunk: the counts of an answer that was left are not its last.
  const isFinal = isWhole && isUsageFinal === true && (error === undefined || harmlessEnd(error) !== undefined);
  const usageKind = usage && (isFinal ? 'final' : 'last-seen');
  const counts = { usage, usageKind, skippedChunks, attempts, attemptReports } as const;
  const facts = { text, response, finishReason, blockReason, ...counts };
  const good = blockReason !== undefined || isBlocking(finishReason ?? '') ? 'blocked' : 'completed';

  if (error === undefined) {
    if (isWhole) return { ...facts, status: good, endedBy: 'end', error: undefined };
    const reason = isCut ? 'was cut in the middle of an event' : 'ended without a finish reason: it may be cut';
    const cutShort = new GeminiError('truncated', `the answer ${reason}`, { partial: response });
    return { ...facts, status: 'truncated', endedBy: 'end', error: cutShort };
  }
  // Silence or a reset after the finish reason takes nothing from an answer that is whole.
  const endedBy = isWhole ? harmlessEnd(error) : undefined;
  if (endedBy !== undefined) return { ...facts, status: good, endedBy, error: undefined };
  setPartial(error, response);
  if (error.code === 'stopped') return { ...facts, status: 'stopped', endedBy: 'stop', error };
  return { ...facts, status: 'failed', endedBy: 'error', error };
}

function harmlessEnd(error: GeminiError): 'idle' | 'reset' | undefined {
  if (error.code === 'idle-timeout' || error.code === 'content-idle-timeout') return 'idle';
  return error.code === 'connection-lost' ? 'reset' : undefined;
}
