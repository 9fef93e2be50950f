import type { SseEvent } from '@gemini/sse-parser';
import type { Dispatcher } from 'undici';
import type { DeliveryVerdict } from './classify-delivery.ts';
import type { HttpStreamError } from './errors.ts';

/** One HTTP request whose response is an event stream. */
export interface EventStreamRequest {
  /** An `http:` or `https:` URL without user name and password in it. */
  readonly url: string | URL;
  /** @defaultValue `'POST'` when `json` or `body` is given, else `'GET'` */
  readonly method?: string | undefined;
  /** Sent as they are. They may override `accept` and `accept-encoding`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Serialised once, and sent with `content-type: application/json`. Excludes `body`. */
  readonly json?: unknown;
  /** Sent as it is. Excludes `json`. */
  readonly body?: string | Uint8Array | undefined;
  /** Sent as `last-event-id`. */
  readonly lastEventId?: string | undefined;
  /** An abort closes the socket and ends the stream with code `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** Limits of one event stream. Times are in milliseconds; `0` turns a time limit off. */
export interface EventStreamOptions {
  /**
   * A Dispatcher of undici 7 or 8 that carries the request.
   * @defaultValue one agent shared by all streams, which follows HTTP_PROXY, HTTPS_PROXY and NO_PROXY but never for
   * loopback addresses
   */
  readonly dispatcher?: Dispatcher | undefined;
  /**
   * From the call until a connection is there. Past it: `connect-timeout`.
   * @defaultValue 10 000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * From the sent request until the response headers: models think before the first byte. Past it: `headers-timeout`.
   * @defaultValue 300 000
   */
  readonly headersTimeoutMs?: number | undefined;
  /**
   * Without a byte while we read; a paused reader does not age. Past it: `idle-timeout`.
   * @defaultValue 120 000
   */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * Nobody reads the stream: neither `consume` nor an iterator was started, or it stays paused. Past it: `abandoned`.
   * @defaultValue 30 000
   */
  readonly unreadTimeoutMs?: number | undefined;
  /**
   * The largest single event. Past it: the parser's `event-too-large`, as the cause of `invalid-body`.
   * @defaultValue 33 554 432 (32 MiB)
   */
  readonly maxEventBytes?: number | undefined;
  /**
   * What an iteration may hold of events that its loop has not taken yet. Past it, the socket is not read until the
   * loop has caught up.
   * @defaultValue 262 144 (256 KiB)
   */
  readonly maxBufferedBytes?: number | undefined;
}

/** How the body ended, as far as HTTP tells: a `close` may be a cut that nobody can see. */
export type BodyEnd = 'length' | 'chunked' | 'close';

/** Moments of one stream, in milliseconds since the call (`startedAt` is the wall clock's). */
export interface StreamTiming {
  readonly startedAt: number;
  readonly connectedMs: number | undefined;
  readonly headersMs: number | undefined;
  readonly firstByteMs: number | undefined;
  readonly firstEventMs: number | undefined;
  readonly endedMs: number | undefined;
  readonly bytesCount: number;
  readonly eventsCount: number;
  readonly bodyEnd: BodyEnd | undefined;
}

/** Receives what a stream delivers. Exactly one of `end` and `error` is called, once, last. */
export interface EventStreamConsumer {
  /** Called in the socket's own turn. A last event without its blank line has `unterminated: true`. */
  event(event: SseEvent): void;
  /** What the body holds that is not SSE at all: HTML, raw JSON. */
  text?(text: string): void;
  end(bodyEnd: BodyEnd): void;
  error(error: HttpStreamError): void;
}

/** Slows a consumed stream down: while paused, the socket is not read. */
export interface ConsumptionControl {
  pause(): void;
  resume(): void;
}

/** A live response. It is consumed once: by `consume`, or by one iteration. */
export interface EventStream extends AsyncIterable<SseEvent>, AsyncDisposable {
  readonly status: number;
  /** Lower-case names; repeated headers joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timing: StreamTiming;
  /**
   * Delivers each event in the turn in which its last byte was read.
   * @throws TypeError when the stream is consumed already
   */
  consume(consumer: EventStreamConsumer): ConsumptionControl;
  /** Whether the events came one by one as they were made, from arrival times alone. May be asked at any time. */
  verdict(): DeliveryVerdict;
  /** Closes the socket. The consumer gets `aborted`, as does an iteration that is not the one who left. */
  cancel(reason?: unknown): void;
}
