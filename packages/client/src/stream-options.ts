import type { EventStreamOptions, RetryOptions } from '@gemini/http-streaming';
import type { ApiKeySource } from './request/credentials.ts';
import type { ModelChoice } from './request/models.ts';
import type { RequestOptions, StreamInput } from './request/normalise-request.ts';
import type { GeminiStream } from './stream/gemini-stream.ts';
import type { ToolOptions } from './tools/tool-options.ts';
import type { EmptyAnswer, StreamOutcome, UsageEvents } from './types.ts';
import type { GenerateContentRequest } from './wire/request-types.ts';

/** The time limits that a stream may have of its own, each in milliseconds. */
export const streamTimeLimits = [
  'connectTimeoutMs',
  'headersTimeoutMs',
  'idleTimeoutMs',
  'contentIdleTimeoutMs',
  'totalTimeoutMs',
] as const;

/** Time limits of one stream, in milliseconds; `Infinity` turns one off. @defaultValue the client's */
export type StreamTimeLimits = Pick<EventStreamOptions, (typeof streamTimeLimits)[number]>;

/** Options of any stream, whatever API answers. The client's are the defaults. */
export interface CommonStreamOptions extends StreamTimeLimits {
  /** Sent with the requests of this stream, and replacing the client's headers of the same name. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The key of this stream, or a function that returns it. @defaultValue the client's */
  readonly apiKey?: ApiKeySource | undefined;
  /** The attempts and the waits between them; `false` sends the request once. @defaultValue the client's */
  readonly retry?: RetryOptions | false | undefined;
  /**
   * The most time from a request to the first content of its answer, in milliseconds: text, a thought, a call or a file.
   * @defaultValue the client's. Past it the next model is asked, or the stream fails with `first-content-timeout`.
   */
  readonly firstContentTimeoutMs?: number | undefined;
  /** An abort stops the stream and closes the socket. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Emits every response chunk as it came too, as a `chunk` event.
   * @defaultValue `false`
   */
  readonly rawChunks?: boolean | undefined;
  /**
   * Starts the answer over if it broke off and cannot be resumed: a `retry` or `fallback` event with `discardFrom` names
   * the events to discard. `textStream` and `text()` refuse such a stream, because they cannot take text back.
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
   * file, code or result, or a call that cannot be read. `retry` adds one request to the stream, and then fails. Unless it
   * is `complete`, the next model is asked instead if there is one.
   * @defaultValue the client's
   */
  readonly emptyAnswer?: EmptyAnswer | undefined;
  /**
   * When the token counts are an event: when a request has ended, or each time they change. `stream.usage` has them at any
   * time.
   * @defaultValue the client's
   */
  readonly usageEvents?: UsageEvents | undefined;
  /**
   * Names the conversation that the stream belongs to, for who watches streams: it is published on diagnostics channels,
   * and never sent.
   */
  readonly conversationId?: string | undefined;
}

/** Options of one stream. The client's are the defaults. */
export interface StreamOptions extends ToolOptions, RequestOptions, CommonStreamOptions {
  /** A model, or several: the next one is asked if the one before cannot answer now. @defaultValue the client's */
  readonly model?: ModelChoice | undefined;
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
  /** Any value, which `streamStatus` returns. With a `streamLog` it travels as JSON: every process can check the reader. */
  readonly metadata?: unknown;
  /**
   * Whether a taken id throws `duplicate-id`, or joins the stream that has it, in any process, and asks the model
   * nothing: for a request that a network may repeat.
   * @defaultValue `'throw'`
   */
  readonly onDuplicate?: 'throw' | 'join' | undefined;
}

/** The settings of a stream that the client, a chat or an object adds. */
export interface StreamSettings {
  /** Whether the stream names the places from which another process can continue it. @defaultValue false */
  readonly checkpoints?: boolean | undefined;
  /** Fields of the request below those of the stream's own options. */
  readonly defaults?: RequestOptions | undefined;
  /** Changes the request before it is sent. */
  readonly shape?: ((request: GenerateContentRequest) => GenerateContentRequest) | undefined;
  /** Called once, before any reader of the stream gets its end. */
  readonly onOutcome?: ((outcome: StreamOutcome) => void) | undefined;
}

/** Starts one stream. */
export type StartStream = (input: StreamInput, options: StreamOptions, settings?: StreamSettings) => GeminiStream;
