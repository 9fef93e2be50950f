import type { SseEvent } from '@gemini/sse-parser';
import type { Dispatcher } from 'undici';
import type { BodyEnd } from '../body/body-end.ts';
import type { BodyReader } from '../body/body-reader.ts';
import type { ConnectionTimes } from '../connection/connection-times.ts';
import type { HttpStreamErrorCode, HttpStreamErrorFacts } from '../errors.ts';
import type { OutgoingRequest } from '../exchange/outgoing-request.ts';
import type { FlightRecorder } from '../flight/flight-recorder.ts';
import type { ResolvedEventStreamOptions } from '../options.ts';

/** What an attempt needs to know. */
export interface AttemptContext {
  readonly request: OutgoingRequest;
  readonly dispatcher: Dispatcher;
  readonly limits: ResolvedEventStreamOptions;
  /** Milliseconds since the call. */
  readonly elapsedMs: () => number;
  readonly recorder: FlightRecorder;
}

/** What an attempt tells. One of `ended` and `failed` is called, once, last, unless it was aborted. */
export interface AttemptObserver {
  /** The headers of an event stream are in. */
  opened(): void;
  event(event: SseEvent): void;
  text(text: string): void;
  ended(bodyEnd: BodyEnd, isInsideEvent: boolean): void;
  failed(code: HttpStreamErrorCode, message: string, facts?: Partial<HttpStreamErrorFacts>): void;
}

/** The response so far. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** One request on its way, redirects included. */
export interface Attempt {
  readonly startedMs: number;
  readonly moments: Readonly<AttemptMoments>;
  head(): ResponseHead | undefined;
  /** The body as far as it was read; `undefined` while there is none. */
  body(): BodyReader | undefined;
  send(): void;
  /** Lets the body flow. Until then, and after `pause`, the socket is not read. */
  resume(): void;
  pause(): void;
  /** Ends the body where it is: what is left of it can be given with `giveLast`. */
  endBody(): void;
  /** The last event, if the body has ended before its blank line; returned once. */
  takeLast(): SseEvent | undefined;
  /** Gives the observer an event of this attempt. */
  give(event: SseEvent): void;
  /** Closes the socket. The observer hears nothing more. */
  abort(): void;
}

/** When an attempt got how far, in milliseconds since the call, and how its connection came about. */
export interface AttemptMoments {
  connection: ConnectionTimes | undefined;
  connectedMs: number | undefined;
  headersMs: number | undefined;
  firstByteMs: number | undefined;
  firstEventMs: number | undefined;
  endedMs: number | undefined;
}
