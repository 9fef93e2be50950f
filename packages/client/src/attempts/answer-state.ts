import { GeminiError } from '../errors/errors.ts';
import type { GenerateContentResponse } from '../wire.ts';

/** How the last request of an answer ended. */
export interface WireEnd {
  /** The error that ended it; `undefined` if the body ended by itself. */
  readonly error: GeminiError | undefined;
  /** The wire ended inside an event: the rest of that event is lost. */
  readonly isInsideEvent: boolean;
}

/** The judgement of an answer when a request of it has ended. */
export interface AnswerState {
  /** The first candidate's. */
  readonly finishReason: string | undefined;
  readonly blockReason: string | undefined;
  /** The server stopped with `CONTINUATION` and expects another request to continue. */
  readonly isHandover: boolean;
  /** Nothing is missing. */
  readonly isWhole: boolean;
  readonly endedBy: 'end' | 'error' | 'idle' | 'reset' | 'stop';
  /** The reason why the answer is not whole. */
  readonly error: GeminiError | undefined;
}

/**
 * Decides whether an answer is whole. It is if every candidate has a finish reason, or the prompt was blocked, and the
 * wire ended at the border of an event: by itself, by silence or by a lost connection. Servers put a finish reason on
 * chunks that more content follows, so a finish reason says nothing about an event that was cut after it. Pure.
 */
export function judgeAnswer(response: GenerateContentResponse, { error, isInsideEvent }: WireEnd): AnswerState {
  const { candidates = [], promptFeedback } = response;
  const blockReason = promptFeedback?.blockReason;
  const reasons = candidates.map((candidate) => candidate.finishReason);
  const isHandover = reasons.includes('CONTINUATION');
  const isFinished = blockReason !== undefined || (reasons.length > 0 && !isHandover && reasons.every(Boolean));
  const facts = { finishReason: reasons[0], blockReason, isHandover, isWhole: false };

  const wireBreak = error && wireBreakOf(error);
  if (error !== undefined && (wireBreak === undefined || !isFinished)) {
    return { ...facts, endedBy: error.code === 'stopped' ? 'stop' : 'error', error };
  }
  const endedBy = wireBreak ?? 'end';
  if (isFinished && !isInsideEvent) return { ...facts, isWhole: true, endedBy, error: undefined };
  const reason = isInsideEvent ? 'was cut inside an event' : 'ended without a finish reason: it may be cut';
  return { ...facts, endedBy, error: new GeminiError('truncated', `the answer ${reason}`, { cause: error }) };
}

/** The errors that say nothing but that no more bytes came. */
function wireBreakOf({ code }: GeminiError): 'idle' | 'reset' | undefined {
  if (code === 'idle-timeout' || code === 'content-idle-timeout') return 'idle';
  return code === 'connection-lost' ? 'reset' : undefined;
}
