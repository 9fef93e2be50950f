/** One server-sent event. Assignable to and from the message type of eventsource-parser 4. */
export interface SseEvent {
  /** The event's `data` lines, joined with a line feed. */
  data: string;
  /** The event's name; absent if the standard says `message`. */
  event?: string | undefined;
  /** The `id` of this event's own block. The id that survives from event to event is `SseParser.lastEventId`. */
  id?: string | undefined;
  /** The input ended before the blank line that closes an event: the last line may be cut. Only with `lastEvent: 'emit'`. */
  unterminated?: true | undefined;
}

/** The options that all three forms of the parser share. */
export interface SseStreamOptions {
  /**
   * Called with each comment, without its colon and one leading space. A long comment is cut after as many characters as
   * an event may have bytes.
   *
   * @defaultValue comments are skipped without being kept
   */
  readonly onComment?: ((text: string) => void) | undefined;
  /**
   * Called with each valid `retry` field, at once: the reconnection delay in milliseconds.
   *
   * @defaultValue ignored
   */
  readonly onRetry?: ((delayMs: number) => void) | undefined;
  /**
   * Called when a block that has an `id` is closed, before its event; `''` forgets the id.
   *
   * @defaultValue ignored; `lastEventId` follows in any case
   */
  readonly onId?: ((id: string) => void) | undefined;
  /**
   * Called with lines that are not SSE, such as HTML or bare JSON. A line is text if it is not a comment and its field
   * name is not data, event, id or retry. Such lines in a row are one text, joined with a line feed, blank lines between
   * them included; a known field, a comment or the end of the input closes it. It never changes the events. A long text
   * is cut after as many characters as an event may have bytes.
   *
   * @defaultValue such lines are skipped without being kept
   */
  readonly onText?: ((text: string) => void) | undefined;
  /**
   * The most UTF-8 bytes that the data, event, id and retry lines of one block may have, with their names and without
   * their line ends. Past it the parser throws an `SseError` with the code `event-too-large`. `Infinity` means no limit.
   *
   * @defaultValue 33554432 (32 MiB)
   */
  readonly maxEventBytes?: number | undefined;
  /**
   * Whether an event without its final blank line is discarded, as the standard says, or delivered with `unterminated`.
   *
   * @defaultValue 'discard'
   */
  readonly lastEvent?: 'discard' | 'emit' | undefined;
  /**
   * Whether bytes that are not UTF-8 are replaced with U+FFFD, as the standard says, or cause an `SseError` with the
   * code `invalid-utf8`, after the events in front of them have been delivered.
   *
   * @defaultValue 'replace'
   */
  readonly invalidUtf8?: 'replace' | 'error' | undefined;
}

/** The options of `createSseParser`. */
export interface SseParserOptions extends SseStreamOptions {
  /** Called with each event, inside the `push` that completed it. */
  readonly onEvent: (event: SseEvent) => void;
}

/** The state of a parser at the end of its input. */
export interface SseInputEnd {
  /** `SseParser.pending` at the end of the input: if true, the input ended inside an event. */
  readonly pending: boolean;
}

/** A push-style parser. Everything happens synchronously inside `push` and `end`. */
export interface SseParser {
  /**
   * Reads the next piece of the stream, cut anywhere.
   *
   * @throws SseError, and whatever a callback throws; after that every call throws until `reset`
   * @throws TypeError for a chunk that is neither text nor bytes; such a chunk changes nothing
   */
  push(chunk: Uint8Array | string): void;
  /** Ends the input. A second call returns the same; a `push` after it is an error. */
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
  /** The id that a reconnecting client sends as `Last-Event-ID`: that of the latest closed block with an id. */
  readonly lastEventId: string;
}

/** The options of `parseSse`. */
export interface ParseSseOptions extends SseStreamOptions {
  /** Aborting it ends the iteration at once with the signal's reason, and releases the source. */
  readonly signal?: AbortSignal | undefined;
}

/** The source of `parseSse`: a web stream, or anything that `for await` takes, such as a Node stream. */
export type SseSource = AsyncIterable<Uint8Array | string> | ReadableStream<Uint8Array | string>;

/** One frame of an event stream, with at least one field. Every `SseEvent` is one. */
export interface SseFrame {
  /** Sent as one `data` line for each of its lines; CR and CRLF inside it arrive as LF. */
  readonly data?: string | undefined;
  /** Must not contain CR, LF or NUL. An empty name is not sent. */
  readonly event?: string | undefined;
  /** Must not contain CR, LF or NUL. An empty id is sent: it makes the reader forget the last one. */
  readonly id?: string | undefined;
  /** The time that a reader should wait before it reconnects, in whole milliseconds. */
  readonly retryMs?: number | undefined;
  /** Sent first, as one comment for each of its lines. */
  readonly comment?: string | undefined;
  /** Accepted so that a parsed event is a frame; a frame is always terminated. */
  readonly unterminated?: true | undefined;
}
