import type { GeminiErrorCode } from '../errors/error-code.ts';
import type { UsageMetadata } from '../wire.ts';

/** One request of a stream, and what it cost. */
export interface AttemptReport {
  /** From 1. */
  readonly attempt: number;
  /** `resume` went on where the one before left off; `retry` and `restart` asked anew, before and after content. */
  readonly kind: 'first' | 'retry' | 'resume' | 'restart';
  /** The wait before it. */
  readonly delayMs: number;
  /** The last token counts that it told; they may be billed even where its content was discarded. */
  readonly usage?: UsageMetadata | undefined;
  /** What broke it, unless it ended by itself. */
  readonly code?: GeminiErrorCode | undefined;
  readonly status?: number | undefined;
}
