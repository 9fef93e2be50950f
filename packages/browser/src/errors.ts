import type { StreamFollowErrorCode } from './types.ts';

/** The facts of a failure. */
export interface StreamFollowErrorFacts {
  /** The HTTP status: of the server, or of the model for a served end. */
  readonly status?: number | undefined;
  /** The wait that the server asked for, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** The reason of a served end: the code of its error, a block reason or a finish reason. */
  readonly reason?: string | undefined;
  /** The bound that was passed. */
  readonly limit?: number | undefined;
  readonly cause?: unknown;
}

/**
 * The failure of a followed stream. Recognise it by `name` and `code`. Its message has no text of the stream and no
 * header.
 */
export class StreamFollowError extends Error {
  override readonly name = 'StreamFollowError';
  readonly code: StreamFollowErrorCode;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly reason: string | undefined;
  readonly limit: number | undefined;

  constructor(code: StreamFollowErrorCode, message: string, facts: StreamFollowErrorFacts = {}) {
    super(message, 'cause' in facts ? { cause: facts.cause } : undefined);
    this.code = code;
    this.status = facts.status;
    this.retryAfterMs = facts.retryAfterMs;
    this.reason = facts.reason;
    this.limit = facts.limit;
  }
}
