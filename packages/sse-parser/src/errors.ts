/**
 * `event-too-large`: one event has more bytes than `maxEventBytes`. `invalid-utf8`: the bytes are not UTF-8 and
 * `invalidUtf8` is `'error'`. `callback-failed`: a callback threw earlier (`cause`), so that events may be missing.
 * `reentrant-call`: a method was called from inside a callback. `input-ended`: a `push` came after `end`.
 */
export type SseErrorCode = 'event-too-large' | 'invalid-utf8' | 'callback-failed' | 'reentrant-call' | 'input-ended';

/** The facts of an `SseError`: `limit` and `received` for `event-too-large`, `cause` for `callback-failed`. */
export interface SseErrorFacts {
  readonly limit?: number;
  readonly received?: number;
  readonly cause?: unknown;
}

/** The error class of this package; recognise it by `name` and `code`. It never contains text of the stream. */
export class SseError extends Error {
  override readonly name = 'SseError';
  declare readonly code: SseErrorCode;
  /** `event-too-large`: the limit, in bytes. */
  declare readonly limit: number | undefined;
  /** `event-too-large`: the number of bytes of the event that had arrived. */
  declare readonly received: number | undefined;

  constructor(code: SseErrorCode, message: string, facts: SseErrorFacts = {}) {
    super(message, facts);
    this.code = code;
    this.limit = facts.limit;
    this.received = facts.received;
  }
}
