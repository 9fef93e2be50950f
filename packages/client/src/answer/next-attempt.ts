import { type RetryPolicy, retryDelayMs } from '@gemini/http-streaming';
import type { GeminiError } from '../errors.ts';
import type { GeminiErrorCode } from '../types.ts';

/** What is known when a request has ended. */
export interface LadderFacts {
  /** Why it ended, where it did not end by itself. */
  readonly error: GeminiError | undefined;
  /** The answer is whole. */
  readonly isWhole: boolean;
  /** The server left off with `CONTINUATION`. */
  readonly isHandover: boolean;
  /** Goes on with the answer, where the server gave one. */
  readonly token: string | undefined;
  /** This request brought content. */
  readonly hasProgress: boolean;
  /** Content has reached the subscribers, from this request or one before. */
  readonly hasContent: boolean;
  /** The requests that count against the budget, this one too. */
  readonly spentAttempts: number;
}

/** What may be done about it. */
export interface LadderPolicy extends RetryPolicy {
  /** The caller agreed to lose what it has. */
  readonly restart: boolean;
}

/** What to do next. `outcome`: nothing more, the stream ends with what there is. */
export type Rung =
  | { readonly type: 'resume'; readonly token: string; readonly delayMs: number }
  | { readonly type: 'retry' | 'restart'; readonly delayMs: number }
  | { readonly type: 'outcome' };

const silences: ReadonlySet<GeminiErrorCode> = new Set(['headers-timeout', 'idle-timeout', 'content-idle-timeout']);
const outcome: Rung = { type: 'outcome' };

/**
 * Decides what follows a request, each only where it is safe: go on where a token says so, send again what has brought
 * nothing, begin anew where that was asked for, or end. Pure; `random` gives 0 to 1.
 */
export function nextRung(facts: LadderFacts, policy: LadderPolicy, random: () => number): Rung {
  const { error, isWhole, isHandover, token, hasProgress, hasContent, spentAttempts } = facts;
  if (isHandover && token !== undefined && hasProgress && error === undefined) {
    return { type: 'resume', token, delayMs: 0 };
  }
  if (isWhole || spentAttempts >= policy.maxAttempts) return outcome;
  if (error !== undefined && !error.retryable) return outcome;

  const delayMs = waitMs(facts, policy, random);
  if (delayMs === undefined) return outcome;
  // A connection that has just brought something is there again at once.
  if (token !== undefined) return { type: 'resume', token, delayMs: hasProgress && !isRefusal(error) ? 0 : delayMs };
  if (!hasContent) return isSafeToRepeat(error) ? { type: 'retry', delayMs } : outcome;
  return policy.restart ? { type: 'restart', delayMs } : outcome;
}

/** Backing off, and never shorter than the server asked for; `undefined` where it asked for too long. */
function waitMs({ error, spentAttempts }: LadderFacts, policy: RetryPolicy, random: () => number): number | undefined {
  const askedMs = error?.retryAfterMs ?? 0;
  return askedMs > policy.maxDelayMs ? undefined : retryDelayMs(policy, spentAttempts, askedMs, random);
}

/**
 * Without content the answer costs nothing but the prompt when it is asked for again. After a silence, though, the
 * model may still be thinking, and a body that ended in peace is the server's last word.
 */
function isSafeToRepeat(error: GeminiError | undefined): boolean {
  return error !== undefined && !silences.has(error.code);
}

function isRefusal(error: GeminiError | undefined): boolean {
  return error?.code === 'api-error' || error?.code === 'bad-status';
}
