/**
 * `event-too-large`: one event has more bytes than `maxEventBytes`. `invalid-utf8`: the bytes are not UTF-8 and
 * `invalidUtf8` is `'error'`. `callback-failed`: a callback threw earlier (`cause`), so that events may be missing.
 * `reentrant-call`: a method was called from inside a callback. `input-ended`: a `push` came after `end`.
 */
export type SseErrorCode = 'event-too-large' | 'invalid-utf8' | 'callback-failed' | 'reentrant-call' | 'input-ended';

/** The facts of an `SseError`; each is present where its code speaks of it. */
export interface SseErrorFacts {
  limit?: number;
  received?: number;
  cause?: unknown;
}

/** The one error class of this package; recognise it by `name` and `code`. Never carries what the stream said. */
export class SseError extends Error {
  override readonly name = 'SseError';
  declare readonly code: SseErrorCode;
  /** `event-too-large`: the limit, in bytes. */
  declare readonly limit: number | undefined;
  /** `event-too-large`: how many bytes of the event had been seen when the parser gave up. */
  declare readonly received: number | undefined;

  constructor(code: SseErrorCode, message: string, facts: SseErrorFacts = {}) {
    super(message, facts);
    this.code = code;
    this.limit = facts.limit;
    this.received = facts.received;
  }
}
