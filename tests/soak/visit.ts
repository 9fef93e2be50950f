import type { Gemini, StreamOutcome } from '@gemini/client';
import type { AnswerCheck } from './answer-check.ts';
import type { Random } from './random.ts';

/** One stream, or one that several follow: whom it is asked of, what must come, and where to complain. */
export interface VisitContext {
  readonly gemini: Gemini;
  /** Its choices, the same for the same seed and number, whatever the others do. */
  readonly random: Random;
  readonly prompt: string;
  /** Lives as long as the soak: what listens to it must stop listening. */
  readonly signal: AbortSignal;
  /** Where this process serves its streams again. */
  readonly servedUrl: string;
  /** Whether the manager is being closed, so that streams may be gone. */
  readonly isClosing: () => boolean;
  /** A new reader's check. */
  readonly check: () => AnswerCheck;
  readonly complain: (what: string) => void;
}

/**
 * A way of using the client. Resolves with the outcome of the stream that it started; undefined only where the manager
 * was closed before anybody could be told.
 */
export type Visit = (context: VisitContext) => Promise<StreamOutcome | undefined>;
