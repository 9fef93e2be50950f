import type { SseEvent } from '@gemini/sse-parser';
import type { BodyEnd } from './body/body-end.ts';
import type { ConnectionTimes } from './connection/connection-times.ts';
import type { Arrival } from './verdict/arrivals.ts';
import type { DeliveryVerdict } from './verdict/delivery-verdict.ts';
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

/**
 * Moments of one stream, in milliseconds since the call (`startedAt` is the wall clock's); those after `attemptMs` are
 * the current attempt's.
 */
export interface StreamTiming {
  readonly startedAt: number;
  /** When the current attempt began: 0 or nearly so for the first. */
  readonly attemptMs: number;
  /**
   * How the current attempt's connection came about. `undefined` before it is there, and where undici does not tell:
   * through a proxy, and with a dispatcher of your own.
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
}

/** Receives what a stream delivers. Exactly one of `end` and `error` is called, once, last. */
export interface EventStreamConsumer {
  /** Called in the socket's own turn. A last event without its blank line has `unterminated: true`. */
  event(event: SseEvent): void;
  /** What the body holds that is not SSE at all: HTML, raw JSON. */
  text?(text: string): void;
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
  pause(): void;
  resume(): void;
}

/** A live response. It is consumed once: by `consume`, or by one iteration. */
export interface EventStream extends AsyncIterable<SseEvent>, AsyncDisposable {
  /** Of the last response that was an event stream, as are the headers: a loss before the first event brings another. */
  readonly status: number;
  /** Lower-case names; repeated headers joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** The attempt under way, or the last one; 1 for the first. */
  readonly attempt: number;
  readonly timing: StreamTiming;
  /**
   * Delivers each event in the turn in which its last byte was read.
   * @throws TypeError when the stream is consumed already
   */
  consume(consumer: EventStreamConsumer): ConsumptionControl;
  /** Whether the events came one by one as they were made, from arrival times alone. May be asked at any time. */
  verdict(): DeliveryVerdict;
  /** What the verdict is made from: the last 2,048 reads of the current attempt. A copy, as of now. */
  arrivals(): Arrival[];
  /** Closes the socket. The consumer gets `aborted`, as does an iteration that is not the one who left. */
  cancel(reason?: unknown): void;
}
