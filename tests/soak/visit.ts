import type { Gemini, StreamOutcome } from '@gemini/client';
import type { AnswerCheck } from './answer-check.ts';
import type { Random } from './random.ts';

/** One stream of the soak: its server, the expected answer, and the reporter of errors. */
export interface VisitContext {
  readonly gemini: Gemini;
  /** Its choices, the same for the same seed and number, whatever the others do. */
  readonly random: Random;
  readonly prompt: string;
  /** Lives as long as the soak: what listens to it must stop listening. */
  readonly signal: AbortSignal;
  /** The URL at which this process re-serves its streams. */
  readonly servedUrl: string;
  /** Whether the manager is being closed, so that streams may be gone. */
  readonly isClosing: () => boolean;
  /** A new reader's check. */
  readonly check: () => AnswerCheck;
  readonly complain: (what: string) => void;
}

/**
 * A way of using the client. Resolves with the outcome of the stream that it started; undefined only where the manager
 * was closed before any subscriber got an event.
 */
export type Visit = (context: VisitContext) => Promise<StreamOutcome | undefined>;
