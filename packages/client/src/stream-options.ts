import type { ToolOptions } from './tools/tool-options.ts';

/** What one stream may ask for. */
export interface StreamOptions extends ToolOptions {
  readonly model?: string | undefined;
  /** An abort stops the stream and closes the socket. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Tells every chunk as it came too, as a `chunk` event.
   * @defaultValue `false`
   */
  readonly rawChunks?: boolean | undefined;
  /**
   * Begins the answer anew where it broke off and cannot be resumed: a `retry` event with `discardFrom` says what is
   * void. `textStream` and `text()` refuse such a stream, because they cannot take text back.
   * @defaultValue `false`: the stream ends with what had come
   */
  readonly restart?: boolean | undefined;
  /**
   * Keeps what came of the answer: for `text()`, `response`, and `text` and `response` of the outcome.
   * @defaultValue `true`, up to `maxResponseBytes`. With `false` an answer of any length streams in the memory of a few
   * events; its parts are told as events and then forgotten, `text()` refuses, and functions, chats and objects, which
   * need the whole answer, are a `TypeError`.
   */
  readonly keepContent?: boolean | undefined;
}

/** What a stream that is found again by its id may ask for. */
export interface StartStreamOptions extends StreamOptions {
  /** @defaultValue a random one that cannot be guessed */
  readonly id?: string | undefined;
  /** What streams are shared fairly between. */
  readonly key?: string | undefined;
  /**
   * How long it goes on when nobody follows it; `Infinity` finishes unwatched.
   * @defaultValue 15 000
   */
  readonly lingerMs?: number | undefined;
}
