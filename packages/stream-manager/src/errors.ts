/** The errors of a managed stream that are not those of its source. */
export type StreamManagerErrorCode =
  | 'stream-not-found'
  | 'max-streams'
  | 'queue-timeout'
  | 'manager-closed'
  | 'history-lost'
  | 'slow-subscriber'
  | 'duplicate-id'
  | 'producer-lost'
  | 'log-unavailable';

/** The facts of a {@link StreamManagerError}; its code decides which are present. */
export interface StreamManagerErrorFacts {
  /** The stream that the error is about. */
  readonly streamId?: string | undefined;
  /** `history-lost`, `slow-subscriber`: the oldest position that can still be replayed. */
  readonly oldest?: string | undefined;
  /** `max-streams`, `queue-timeout`: the limit that was reached, in streams or milliseconds. */
  readonly limit?: number | undefined;
  readonly cause?: unknown;
}

/** The error class of this package. Recognise it by `name` and `code`: two copies of the package may meet. */
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
