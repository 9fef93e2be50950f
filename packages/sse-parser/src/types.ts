/** One server-sent event. Assignable to and from the message type of eventsource-parser 4. */
export interface SseEvent {
  /** The event's `data` lines, joined with a line feed. */
  data: string;
  /** The event's name; absent where the standard says `message`. */
  event?: string | undefined;
  /** The `id` of this event's own block. The id that survives from event to event is `SseParser.lastEventId`. */
  id?: string | undefined;
  /** The input ended before the blank line that closes an event: the last line may be cut. Only with `lastEvent: 'emit'`. */
  unterminated?: true | undefined;
}

/** What there is in a stream besides events, and the limits. Shared by all three forms of the parser. */
export interface SseStreamOptions {
  /**
   * Called with each comment, without its colon and one leading space; of a long one, with as many characters as an
   * event may have bytes.
   *
   * @defaultValue comments are skipped without being kept
   */
  onComment?: ((text: string) => void) | undefined;
  /**
   * Called with each valid `retry` field, at once: the reconnection delay in milliseconds.
   *
   * @defaultValue ignored
   */
  onRetry?: ((delayMs: number) => void) | undefined;
  /**
   * Called when a block that has an `id` is closed, before its event; `''` forgets the id.
   *
   * @defaultValue ignored; `lastEventId` follows in any case
   */
  onId?: ((id: string) => void) | undefined;
  /**
   * Called with what is not SSE at all, such as HTML or bare JSON. A line is text when it is no comment and its field
   * name is none of data, event, id, retry. Such lines in a row are one text, joined with a line feed, blank lines
   * between them included; a known field, a comment or the end of the input closes it. Events are never changed by it.
   * Of a long text, as many characters are kept as an event may have bytes.
   *
   * @defaultValue such lines are skipped without being kept
   */
  onText?: ((text: string) => void) | undefined;
  /**
   * The most UTF-8 bytes that the data, event, id and retry lines of one block may have (names included, line ends
   * not). Past it the parser throws an `SseError` with the code `event-too-large`.
   *
   * @defaultValue 33554432 (32 MiB)
   */
  maxEventBytes?: number | undefined;
  /**
   * What becomes of an event whose blank line never came: the standard discards it; `'emit'` delivers it, marked
   * `unterminated`.
   *
   * @defaultValue 'discard'
   */
  lastEvent?: 'discard' | 'emit' | undefined;
  /**
   * What becomes of bytes that are not UTF-8: the standard puts U+FFFD in their place; `'error'` throws an `SseError`
   * with the code `invalid-utf8`, after the events in front of them were delivered.
   *
   * @defaultValue 'replace'
   */
  invalidUtf8?: 'replace' | 'error' | undefined;
}

/** The options of `createSseParser`. */
export interface SseParserOptions extends SseStreamOptions {
  /** Called with each event, inside the `push` that completed it. */
  onEvent: (event: SseEvent) => void;
}

/** What was left when the input ended. */
export interface SseInputEnd {
  /** `SseParser.pending` at the end of the input: if true, the input ended inside an event. */
  pending: boolean;
}

/** A push-style parser. Everything happens synchronously inside `push` and `end`. */
export interface SseParser {
  /**
   * Takes the next piece of the stream, cut anywhere. Throws `SseError`, and whatever a callback throws; after that
   * every call throws until `reset`. A chunk that is neither text nor bytes is a `TypeError` and changes nothing.
   */
  push(chunk: Uint8Array | string): void;
  /** Tells the parser that the input is over. A second call gives the same answer; a `push` after it is an error. */
  end(): SseInputEnd;
  /** Forgets everything, the last event id included, and is ready for another stream. */
  reset(): void;
  /**
   * Whether the input, if it ended here, would end inside an event: whether bytes came after the last blank line that
   * begin an event, or could begin one. These are a `data`, `event` or `id` line, complete or not, and every other line
   * that is incomplete, `retry` lines and `onText` lines included. Blank lines, comments (complete or not), complete
   * `retry` and `onText` lines, a byte order mark and the LF of a CRLF leave nothing pending. Bytes that begin a UTF-8
   * sequence count as a line, except inside a comment.
   */
  readonly pending: boolean;
  /** The id that a reconnecting client sends as `Last-Event-ID`: the one of the latest closed block that had any. */
  readonly lastEventId: string;
}

/** The defaults of the options that have one. */
export const sseDefaults = {
  maxEventBytes: 32 * 1024 * 1024,
  lastEvent: 'discard',
  invalidUtf8: 'replace',
} as const;
