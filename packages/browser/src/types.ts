import type { StreamFollowError } from './errors.ts';

/** An event that `@gemini/client/sse` serves if no other kinds are named, and a gap. */
export type ServedEvent =
  | { readonly type: 'text-delta'; readonly text: string; readonly candidate: number }
  /** The answer starts over: the text so far is discarded. */
  | { readonly type: 'discard' }
  | GapEvent;

/** Events between two positions are missing: the server continues with a gap. */
export interface GapEvent {
  readonly type: 'gap';
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** The request that starts or rejoins a stream. */
export interface FollowRequest {
  /** Relative to the page. */
  readonly url: string | URL;
  /** @defaultValue `POST` with a body, else `GET` */
  readonly method?: string | undefined;
  /** A function is called before each request, for example to get a fresh token. A failure counts as a lost request. */
  readonly headers?: RequestHeaders | (() => RequestHeaders | Promise<RequestHeaders>) | undefined;
  /** A body that can be sent again. A plain object or an array is sent as JSON. */
  readonly body?: unknown;
  /** @defaultValue `'same-origin'`: cookies are not sent to another origin */
  readonly credentials?: 'omit' | 'same-origin' | 'include' | undefined;
  /**
   * The `Idempotency-Key` of a request that is not a GET: a server starts one stream for each key.
   * @defaultValue a random one for each call of `followStream`
   */
  readonly key?: string | undefined;
}

/** The headers of a request. */
export type RequestHeaders = Readonly<Record<string, string>>;

/** The frame of an event, as it came. */
export interface ServedFrame {
  readonly data: string;
  readonly event?: string | undefined;
  readonly id?: string | undefined;
}

/** The waits between requests. */
export interface ReconnectOptions {
  /** @defaultValue 8 requests in a row without an event; then the stream is `lost` */
  readonly maxAttempts?: number | undefined;
  /** @defaultValue 250, doubled with each attempt, minus up to half of it at random; a served `retry:` replaces it */
  readonly baseDelayMs?: number | undefined;
  /** @defaultValue 5,000; no wait grows past it */
  readonly maxDelayMs?: number | undefined;
  /** @defaultValue 60,000; a server that asks for a longer wait ends the stream as `lost` */
  readonly maxRetryAfterMs?: number | undefined;
  /** @defaultValue 600,000; a page that is offline for longer ends the stream as `lost` */
  readonly maxOfflineMs?: number | undefined;
}

/** Options of `followStream`. */
export interface FollowOptions<Event = ServedEvent> {
  /** Starts after this position. @defaultValue none: everything is replayed */
  readonly lastEventId?: string | undefined;
  /** Leaves the stream when it is aborted. Loops throw its reason. */
  readonly signal?: AbortSignal | undefined;
  /** @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch | undefined;
  /** `false` ends the stream as `lost` when the connection drops. */
  readonly reconnect?: ReconnectOptions | false | undefined;
  /** Returns the event of a frame, or undefined to leave it out. @defaultValue `JSON.parse` of its data */
  readonly decode?: ((frame: ServedFrame) => Event | undefined) | undefined;
  /** The request of `stop()`, or a function that stops the stream. @defaultValue a `DELETE` of the stream's address */
  readonly stop?: StopRequest | (() => Promise<void>) | undefined;
  /** Called with each new status. An error that it throws is reported as uncaught. */
  readonly onStatus?: ((status: FollowStatus) => void) | undefined;
  /** @defaultValue 45,000, three keep-alives; a connection without a byte for so long counts as dropped */
  readonly idleTimeoutMs?: number | undefined;
  /** @defaultValue 4 Mi UTF-16 units; a larger event ends the stream as `lost` */
  readonly maxEventLength?: number | undefined;
  /** @defaultValue 4 Mi UTF-16 units; a longer text ends the stream as `lost` */
  readonly maxTextLength?: number | undefined;
  /** @defaultValue 32 Mi UTF-16 units of event data, which are kept for every loop; more ends the stream as `lost` */
  readonly maxStreamLength?: number | undefined;
}

/** The request of `stop()`. */
export interface StopRequest {
  /** @defaultValue the stream's address */
  readonly url?: string | URL | undefined;
  /** @defaultValue `'DELETE'` */
  readonly method?: string | undefined;
}

/** The status of an ended stream. `lost`: its end could not be read. `left`: the reader left. `unknown`: 204. */
export type EndStatus = 'completed' | 'blocked' | 'truncated' | 'failed' | 'stopped' | 'lost' | 'left' | 'unknown';

/** The status of a stream. */
export type FollowStatus = 'connecting' | 'streaming' | 'waiting' | EndStatus;

/** The one end of a followed stream. */
export interface FollowOutcome {
  readonly status: EndStatus;
  /** The text so far, without what was discarded. */
  readonly text: string;
  readonly finishReason?: string | undefined;
  readonly blockReason?: string | undefined;
  /** The token counts that the end frame has. */
  readonly usage?: unknown;
  /** The position, to follow later: the id of the last frame. */
  readonly lastEventId: string | undefined;
  readonly eventsCount: number;
  /** Requests after the first one. */
  readonly reconnects: number;
  /** The reason, unless the stream was completed. */
  readonly error?: StreamFollowError | undefined;
}

/** A stream that is followed. Loops, `textStream` and `text()` may be used together; each starts at the first event. */
export interface FollowedStream<Event = ServedEvent> extends AsyncIterable<Event> {
  /** The text as it comes. Throws if text that it has yielded is discarded, and unless the stream completes. */
  readonly textStream: AsyncIterable<string>;
  /** Resolves with the whole text; rejects unless the stream completes. */
  text(): Promise<string>;
  /** Always resolves. */
  readonly outcome: Promise<FollowOutcome>;
  readonly status: FollowStatus;
  /** The position: the id of the last frame. */
  readonly lastEventId: string | undefined;
  /** Asks the server to stop the stream. Its end then arrives as `stopped`. Rejects with `stop-failed`. */
  stop(): Promise<void>;
}

/**
 * The code of a StreamFollowError. Of a served end: `blocked`, `truncated`, `failed`, `stopped`. Of text:
 * `text-discarded`, `text-gap`, `outcome-unknown`. Of an answer: `unauthorized` (401), `forbidden` (403),
 * `stream-not-found` (404), `history-lost` (410), `http-error`, `not-event-stream`. Of the connection:
 * `connection-lost`, `idle-timeout`, `offline`, `no-position`, `replayed`. Of a bound: `event-too-large`,
 * `text-too-long`, `stream-too-large`. Also `invalid-event`, `left` and `stop-failed`.
 */
export type StreamFollowErrorCode =
  | 'blocked'
  | 'truncated'
  | 'failed'
  | 'stopped'
  | 'text-discarded'
  | 'text-gap'
  | 'outcome-unknown'
  | 'unauthorized'
  | 'forbidden'
  | 'stream-not-found'
  | 'history-lost'
  | 'http-error'
  | 'not-event-stream'
  | 'connection-lost'
  | 'idle-timeout'
  | 'offline'
  | 'no-position'
  | 'replayed'
  | 'event-too-large'
  | 'text-too-long'
  | 'stream-too-large'
  | 'invalid-event'
  | 'left'
  | 'stop-failed';
