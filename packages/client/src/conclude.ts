import { GeminiError } from './errors.ts';
import { isBlocking, type StreamOutcome } from './outcome.ts';
import type { GenerateContentResponse } from './wire.ts';

/** What is known when nothing more will come. */
export interface Conclusion {
  readonly response: GenerateContentResponse;
  readonly text: string;
  readonly attempts: number;
  /** Why the wire ended, where it did not end by itself. */
  readonly error?: GeminiError | undefined;
  /** The wire's last event was cut: it was no whole JSON. */
  readonly cut?: boolean | undefined;
}

/** Decides how a stream ended. Pure. */
export function conclude({ response, text, attempts, error, cut }: Conclusion): StreamOutcome {
  const finishReason = response.candidates?.find((candidate) => candidate.finishReason)?.finishReason;
  const blockReason = response.promptFeedback?.blockReason;
  const facts = { text, response, finishReason, blockReason, usage: response.usageMetadata, attempts };
  const finished = finishReason !== undefined && cut !== true;

  if (error?.code === 'stopped') return { ...facts, status: 'stopped', endedBy: 'stop', error };
  if (error !== undefined) {
    // Silence or a reset after the finish reason takes nothing from an answer that is whole.
    const endedBy = finished ? harmlessEnd(error) : undefined;
    if (endedBy === undefined) return { ...facts, status: 'failed', endedBy: 'error', error };
    return { ...facts, status: isBlocking(finishReason ?? '') ? 'blocked' : 'completed', endedBy, error: undefined };
  }
  if (blockReason !== undefined || (finished && isBlocking(finishReason))) {
    return { ...facts, status: 'blocked', endedBy: 'end', error: undefined };
  }
  if (finished) return { ...facts, status: 'completed', endedBy: 'end', error: undefined };
  const message = cut
    ? 'the answer was cut in the middle of an event'
    : 'the answer ended without a finish reason: it may be cut';
  return {
    ...facts,
    status: 'truncated',
    endedBy: 'end',
    error: new GeminiError('truncated', message, { partial: response }),
  };
}

function harmlessEnd(error: GeminiError): 'idle' | 'reset' | undefined {
  if (error.code === 'idle-timeout') return 'idle';
  return error.code === 'connection-lost' ? 'reset' : undefined;
}
