import type { ApiKeySource } from './request/credentials.ts';
import type { RequestOptions } from './request/normalise-request.ts';
import type { ToolOptions } from './tools/tool-options.ts';
import type { EmptyAnswer } from './types.ts';

/** Options of one stream. */
export interface StreamOptions extends ToolOptions, RequestOptions {
  readonly model?: string | undefined;
  /** Sent with the requests of this stream, and replacing the client's headers of the same name. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The key of this stream, or a function that returns it. @defaultValue the client's */
  readonly apiKey?: ApiKeySource | undefined;
  /** An abort stops the stream and closes the socket. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Emits every response chunk as it came too, as a `chunk` event.
   * @defaultValue `false`
   */
  readonly rawChunks?: boolean | undefined;
  /**
   * Starts the answer over if it broke off and cannot be resumed: a `retry` event with `discardFrom` names the events to
   * discard. `textStream` and `text()` refuse such a stream, because they cannot take text back.
   * @defaultValue `false`: the stream ends with the partial response
   */
  readonly restart?: boolean | undefined;
  /**
   * Keeps the content of the answer, for `text()`, `response`, and `text` and `response` of the outcome.
   * @defaultValue `true`, up to `maxResponseBytes`. With `false` an answer of any length streams in the memory of a few
   * events: its parts are emitted and not kept, `text()` refuses, and functions, chats and objects, which need the whole
   * answer, are a `TypeError`.
   */
  readonly keepContent?: boolean | undefined;
  /**
   * The consequence of an answer with a finish reason, but without anything to use: no text (thoughts do not count), call,
   * file, code or result, or a call that cannot be read. `retry` adds one request to the stream, and then fails.
   * @defaultValue the client's
   */
  readonly emptyAnswer?: EmptyAnswer | undefined;
}

/** Options of a stream that is found by its id. */
export interface StartStreamOptions extends StreamOptions {
  /** @defaultValue a random id that cannot be guessed */
  readonly id?: string | undefined;
  /** The group of the stream, for example a user: groups share the capacity fairly. */
  readonly key?: string | undefined;
  /**
   * How long it runs on without a subscriber, in milliseconds; `Infinity` runs to its end.
   * @defaultValue 15 000
   */
  readonly lingerMs?: number | undefined;
}
