/** What can go wrong with a managed stream that is not its source's own error. */
export type StreamManagerErrorCode =
  | 'stream-not-found'
  | 'max-streams'
  | 'queue-timeout'
  | 'manager-closed'
  | 'history-lost'
  | 'slow-subscriber'
  | 'duplicate-id';

/** The facts of a {@link StreamManagerError}; which ones are there depends on its code. */
export interface StreamManagerErrorFacts {
  /** The stream it is about. */
  readonly streamId?: string | undefined;
  /** `history-lost`, `slow-subscriber`: the oldest position that can still be replayed. */
  readonly oldest?: string | undefined;
  /** `max-streams`, `queue-timeout`: the limit that was met, in streams or milliseconds. */
  readonly limit?: number | undefined;
  readonly cause?: unknown;
}

/** The manager's only error class. Recognise it by `name` and `code`: two copies of this package may meet. */
export class StreamManagerError extends Error {
  override readonly name = 'StreamManagerError';
  readonly code: StreamManagerErrorCode;
  readonly streamId: string | undefined;
  readonly oldest: string | undefined;
  readonly limit: number | undefined;

  constructor(code: StreamManagerErrorCode, message: string, facts: StreamManagerErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.streamId = facts.streamId;
    this.oldest = facts.oldest;
    this.limit = facts.limit;
  }
}
