import type { Content, FunctionCall, UsageMetadata } from '../wire.ts';

/** One answer of a turn. */
export interface RoundReport {
  /** From 1. */
  readonly round: number;
  readonly finishReason: string | undefined;
  /** The function calls in it. */
  readonly callsCount: number;
  /** What this answer alone cost. */
  readonly usage: UsageMetadata | undefined;
  /** Requests that were sent for it. */
  readonly attempts: number;
}

/** What a stream that may call functions came to, beside its last answer. */
export interface ToolTurn {
  /** Every answer and every result after the request, as the API takes them back; what had come of a cut one too. */
  readonly contents: readonly Content[];
  readonly rounds: readonly RoundReport[];
  /** Calls of the last answer that have no result: those that are yours to answer, and those that were not run. */
  readonly openCalls: readonly FunctionCall[];
}
