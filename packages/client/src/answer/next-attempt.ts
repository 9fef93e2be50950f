import { type RetryPolicy, retryDelayMs } from '@gemini/http-streaming';
import type { GeminiError } from '../errors.ts';
import { isSilence, mayAnotherModelAnswer } from './fallback.ts';

/** The facts of a request that has ended. */
export interface AttemptFacts {
  /** The error that ended it; `undefined` if it ended by itself between two events. */
  readonly error: GeminiError | undefined;
  /** The answer is whole. */
  readonly isWhole: boolean;
  /** The server stopped with `CONTINUATION`. */
  readonly isHandover: boolean;
  /** Another request may continue the answer, from a token or from its place in a run. */
  readonly canResume: boolean;
  /** The request may be sent again from its start. */
  readonly mayRepeat: boolean;
  /** This request brought content. */
  readonly hasProgress: boolean;
  /** Content has reached the subscribers, from this request or one before. */
  readonly hasContent: boolean;
  /** The answer is whole, with nothing to use, and may be requested once more. */
  readonly mayAskAgain: boolean;
  /** The answer is whole, with nothing to use, and the caller does not accept that. */
  readonly isUnusable: boolean;
  /** Another model may be asked, and nothing of the answer that the caller has may not be taken back. */
  readonly mayFallBack: boolean;
  /** The requests that count against the budget, this one too. */
  readonly spentAttempts: number;
}

/** The limits of what may be done next. */
export interface NextPolicy extends RetryPolicy {
  /** The caller allows content to be discarded. */
  readonly restart: boolean;
}

/** The next step. `outcome`: nothing more, the stream ends. */
export type NextStep =
  | { readonly type: 'resume'; readonly delayMs: number }
  | { readonly type: 'retry' | 'restart' | 'fallback'; readonly delayMs: number }
  | { readonly type: 'outcome' };

const outcome: NextStep = { type: 'outcome' };
const fallback: NextStep = { type: 'fallback', delayMs: 0 };

/**
 * Decides what follows a request: resume from a token, retry before content, restart if the caller allows it, ask the
 * next model, or end. Pure; `random` returns 0 to 1.
 */
export function decideNext(facts: AttemptFacts, policy: NextPolicy, random: () => number): NextStep {
  const { error, isWhole, isUnusable, mayFallBack } = facts;
  if (mayFallBack && isUnusable) return fallback;
  const next = sameModelNext(facts, policy, random);
  if (next.type !== 'outcome' || isWhole || !mayFallBack) return next;
  return mayAnotherModelAnswer(error) ? fallback : outcome;
}

function sameModelNext(facts: AttemptFacts, policy: NextPolicy, random: () => number): NextStep {
  const { error, isWhole, isHandover, canResume, hasProgress, hasContent, mayRepeat, spentAttempts } = facts;
  if (isHandover && canResume && hasProgress && error === undefined) {
    return { type: 'resume', delayMs: 0 };
  }
  if (facts.mayAskAgain && mayRepeat) return { type: 'retry', delayMs: retryDelayMs(policy, 1, 0, random) };
  if (isWhole || spentAttempts >= policy.maxAttempts) return outcome;
  if (error !== undefined && !error.retryable && !isSilence(error)) return outcome;

  const delayMs = waitMs(facts, policy, random);
  if (delayMs === undefined) return outcome;
  // A connection that has just brought something needs no wait.
  if (canResume) return { type: 'resume', delayMs: hasProgress && !isRefusal(error) ? 0 : delayMs };
  if (!mayRepeat) return outcome;
  if (!hasContent) return isSafeToRepeat(error) ? { type: 'retry', delayMs } : outcome;
  return policy.restart ? { type: 'restart', delayMs } : outcome;
}

/** The wait before the next request, at least as long as the server asked for; `undefined` if that is too long. */
function waitMs({ error, spentAttempts }: AttemptFacts, policy: RetryPolicy, random: () => number): number | undefined {
  const askedMs = error?.retryAfterMs ?? 0;
  return askedMs > policy.maxDelayMs ? undefined : retryDelayMs(policy, spentAttempts, askedMs, random);
}

/**
 * A retry before content costs only the prompt again, also after a body that ended by itself without any. After a silence,
 * though, the model may still be thinking.
 */
function isSafeToRepeat(error: GeminiError | undefined): boolean {
  return !isSilence(error);
}

function isRefusal(error: GeminiError | undefined): boolean {
  return error?.code === 'api-error' || error?.code === 'bad-status';
}
