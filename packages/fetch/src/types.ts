import type {
  DeliveryVerdict,
  EventStreamOptions,
  HttpStreamError,
  HttpStreamErrorCode,
  RetryOptions,
  StreamTiming,
} from '@gemini/http-streaming';
import type { StreamingFetchError } from './errors.ts';

/** Options of `createStreamingFetch`. Times are in milliseconds; `Infinity` turns a limit off. */
export interface StreamingFetchOptions extends Omit<EventStreamOptions, 'retry' | 'onRetry' | 'onResponse'> {
  /**
   * Sends a request again that failed before its first event, if another attempt may help. A wait that the server asks for
   * (`Retry-After`, or `RetryInfo` of Gemini) is kept. The `Response` then comes with the first event. Leave it off if the
   * SDK retries: attempts multiply.
   * @defaultValue false. The SDK gets the failure, with the wait as `retry-after`.
   */
  readonly retry?: RetryOptions | false | undefined;
  /** Called before each further attempt. If it throws, the call rejects with its error. */
  readonly onRetry?: ((info: StreamRetry) => void) | undefined;
  /**
   * Judges the end of streams of OpenAI and Anthropic: without `[DONE]`, a finish reason or `message_stop`, a body that
   * ends is an error. The rules of Gemini always count.
   * @defaultValue true. With `false`, their end is what HTTP says it is.
   */
  readonly completeness?: boolean | undefined;
  /**
   * Carries every call that asks for no stream, with the very same arguments.
   * @defaultValue the global `fetch`, looked up at each call
   */
  readonly fetch?: typeof fetch | undefined;
  /** Called once for each stream, when its wire is over, its reader has left, or no `Response` could be made. */
  readonly onEnd?: ((end: StreamEnd) => void) | undefined;
}

/** An attempt that failed, and will be followed by another one. */
export interface StreamRetry {
  /** The attempt that failed: 1 for the first. */
  readonly attempt: number;
  /** The wait before the next one. */
  readonly delayMs: number;
  /** A `StreamingFetchError` `api-error` for an error that came as the first event of a success. */
  readonly error: HttpStreamError | StreamingFetchError;
}

/** The end of one stream. */
export interface StreamEnd {
  /** `METHOD origin/path`, without the query, which may hold a key. */
  readonly request: string;
  /** Whether the events came one by one; `undefined` without a response. */
  readonly verdict?: DeliveryVerdict | undefined;
  readonly timing?: StreamTiming | undefined;
  /** The last token counts that came, as the API writes them. */
  readonly usage?: unknown;
  /**
   * Why the stream is not whole: a `StreamingFetchError`, an `HttpStreamError` of a refusal, or the reason of an abort.
   * `undefined` for a whole answer.
   */
  readonly error?: unknown;
}

/**
 * The code of a `StreamingFetchError`: one of the transport, or `truncated` (the body ended before the answer),
 * `invalid-chunk` (an event of Gemini that is not JSON), `api-error` (the server sent an error, which the SDK was given),
 * `left` (the reader left before the end).
 */
export type StreamingFetchErrorCode = HttpStreamErrorCode | 'truncated' | 'invalid-chunk' | 'api-error' | 'left';
