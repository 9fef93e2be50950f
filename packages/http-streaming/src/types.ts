import type { SseEvent } from '@gemini/sse-parser';
import type { HttpStreamError, HttpStreamMoment } from './errors.ts';
import type { EventRun } from './event-run.ts';

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

/**
 * Moments of one stream, in milliseconds since the call (`startedAt` is the wall clock's); those after `attemptMs` are
 * the current attempt's.
 */
export interface StreamTiming {
  readonly startedAt: number;
  /** When the current attempt began: 0 or nearly so for the first. */
  readonly attemptMs: number;
  /**
   * How the current attempt's connection came about. `undefined` before it is there, and with a dispatcher of your own,
   * because undici does not say which connection a request gets.
   */
  readonly connection: ConnectionTimes | undefined;
  /** When the attempt got its connection, and sent the request. */
  readonly connectedMs: number | undefined;
  readonly headersMs: number | undefined;
  readonly firstByteMs: number | undefined;
  readonly firstEventMs: number | undefined;
  readonly endedMs: number | undefined;
  readonly bytesCount: number;
  readonly eventsCount: number;
  readonly bodyEnd: BodyEnd | undefined;
  /** After the end: whether it was inside an event, as `end` of a consumer says. For an iteration, which has no `end`. */
  readonly isInsideEvent: boolean | undefined;
}

/** The head of a response, for `onResponse`. */
export interface ResponseInfo {
  /** Of the response itself: after redirects another one than the request's. */
  readonly url: string;
  readonly isRedirected: boolean;
  readonly status: number;
  readonly statusText: string;
  /** Lower-case names; a header that came several times is a list. Nothing is left out or redacted. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Receives what a stream delivers. Exactly one of `end` and `error` is called, once, last. */
export interface EventStreamConsumer {
  /** Called in the socket's own turn. A last event without its blank line has `unterminated: true`. */
  event(event: SseEvent): void;
  /**
   * Called, instead of `event`, with the events of one read that can be handed on as bytes: those with one `data:` line of
   * JSON, and no other field but a name. For a consumer that passes most events on unread. All others come to `event`, in
   * order.
   */
  readonly run?: ((run: EventRun) => void) | undefined;
  /** Called with the parts of the body that are not SSE at all: HTML, raw JSON. */
  text?(text: string): void;
  /** Called with the decoded body, piece by piece, if `onResponse` asked for it: then there are no events. */
  bytes?(chunk: Uint8Array): void;
  /** Called with each comment, without its colon and one leading space. Comments keep a connection alive, as a rule. */
  comment?(text: string): void;
  /** Called with each `retry` field: the reconnection delay in milliseconds that the server asks for. */
  retry?(delayMs: number): void;
  /**
   * Called with the id of each block that has one, also of a block without data. A consumer that reconnects sends the
   * last one as `lastEventId`.
   */
  id?(id: string): void;
  /**
   * The body ended as HTTP allows. `isInsideEvent` is true if bytes of an event were pending that gave none: the
   * beginning of a field, fields without data, a JSON array after a comma, or a compressed body without its own end. It
   * is false if all that was pending was handed out as an `unterminated` event: whether that one is whole is for the
   * consumer to judge.
   */
  end(bodyEnd: BodyEnd, isInsideEvent: boolean): void;
  error(error: HttpStreamError): void;
}

/** Slows a consumed stream down: while paused, the socket is not read. */
export interface ConsumptionControl {
  readonly pause: () => void;
  readonly resume: () => void;
}

/** A live response. It is consumed once: by `consume`, or by one iteration. */
export interface EventStream extends AsyncIterable<SseEvent>, AsyncDisposable {
  /** The status of the last response that was an event stream, like the headers: another attempt brings another one. */
  readonly status: number;
  /** Lower-case names; repeated headers joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** The attempt under way, or the last one; 1 for the first. */
  readonly attempt: number;
  readonly timing: StreamTiming;
  /**
   * The id with which to reconnect when all events are taken: the last one that was parsed, also of a block without data,
   * or else the request's. A consumer that lags behind reconnects with the id of the last event that it has taken.
   */
  readonly lastEventId: string | undefined;
  /** The server's last valid `retry:`, in milliseconds: the wait before a reconnection. */
  readonly retryDelayMs: number | undefined;
  /**
   * Delivers each event in the turn in which its last byte was read.
   * @throws TypeError when the stream is consumed already
   */
  consume(consumer: EventStreamConsumer): ConsumptionControl;
  /** Returns whether the events came one by one as they were made, from arrival times alone. Works at any time. */
  verdict(): DeliveryVerdict;
  /** Returns the last 2,048 reads of the current attempt, from which the verdict is made. A copy. */
  arrivals(): Arrival[];
  /** Closes the socket. The consumer gets `aborted`, as does an iteration that is not the one who left. */
  cancel(reason?: unknown): void;
}

/** The way in which HTTP marked the end of the body. A `close` may be a cut that cannot be seen. */
export type BodyEnd = 'length' | 'chunked' | 'close';

/**
 * How the connection of an attempt came about. A step has no time if it was not taken: a literal address is not looked
 * up, and plain HTTP has no TLS. Through a proxy no step has a time.
 */
export interface ConnectionTimes {
  /** It was there before, as a kept-alive one; no step was taken then. */
  readonly reused: boolean;
  /** Looking up the name, in milliseconds. */
  readonly dnsMs: number | undefined;
  readonly tcpMs: number | undefined;
  readonly tlsMs: number | undefined;
}

/** One read of the socket: when it came, and what it completed. */
export interface Arrival {
  /** Milliseconds since the request. */
  readonly atMs: number;
  readonly bytes: number;
  /** Events that this read completed. */
  readonly events: number;
  /** Whether the parser held a part of an event after it. */
  readonly open: boolean;
}

/**
 * `live`: each event came by itself. `bursty`: several at a time, cut at event borders. `partial`: in pieces that end
 * inside events, as a filling byte buffer sends them. `buffered`: nearly all at once. `inconclusive`: too few events,
 * or an answer too short to judge.
 */
export type DeliveryKind = 'live' | 'bursty' | 'partial' | 'buffered' | 'inconclusive';

/**
 * The reason why a stream was held back. `collected-body`: it has a `content-length`, so a server had the whole body
 * before it sent it. `compression`: it is compressed, and the compressor is not flushed after each event. `proxy-buffer`: it comes in
 * whole pages of 4 KiB, as a proxy's buffer gives them out (nginx with an HTTP/1.0 upstream; `proxy_http_version 1.1`
 * or `X-Accel-Buffering: no` helps).
 */
export type DeliveryCause = 'collected-body' | 'compression' | 'proxy-buffer';

/** How a stream was delivered, with the figures that say so. */
export interface DeliveryVerdict {
  readonly kind: DeliveryKind;
  /** The most likely reason why it was held back, if the wire gives it away. */
  readonly cause?: DeliveryCause | undefined;
  readonly events: number;
  /** Reads that came together count as one delivery. */
  readonly deliveries: number;
  /** The largest share of the events that came at once (within 5 ms, or in one delivery), 0 to 1. */
  readonly largestShare: number;
  /** Events per delivery that completed at least one. */
  readonly eventsPerDelivery: number;
  /** The share of the waiting time inside an event, 0 to 1. */
  readonly openShare: number;
}

/** A message of the channel `gemini:http:<moment>`: counts and times, never what was sent or said. */
export interface HttpStreamMessage {
  /** Tells the streams of this process apart. */
  readonly streamId: number;
  /** `METHOD origin/path`, without the query. */
  readonly request: string;
  readonly moment: HttpStreamMoment;
  readonly attempt: number;
  /** Milliseconds since the call. */
  readonly atMs: number;
  readonly status?: number | undefined;
  /** Why it failed. */
  readonly code?: string | undefined;
  /** The wait before another attempt. */
  readonly delayMs?: number | undefined;
  readonly bytesCount?: number | undefined;
  readonly eventsCount?: number | undefined;
}
