import type { EventRun, EventStreamConsumer } from '@gemini/http-streaming';

/** One server-sent event, or one element of a JSON array, as the transport delivers it. */
export type WireEvent = Parameters<EventStreamConsumer['event']>[0];

/** One event as it is handed on. */
export interface OutgoingEvent {
  readonly data: string;
  /** The value of `event:`, if the SDK is to see one. */
  readonly name?: string | undefined;
  readonly id?: string | undefined;
}

/** An error that a server sent where a stream was expected, in the words that the SDK reads. */
export interface WireFailure {
  readonly event: OutgoingEvent;
  /** The HTTP status that belongs to it. */
  readonly status: number;
  /** The wait that it asks for. */
  readonly retryAfterMs?: number | undefined;
  /** The same request may succeed if it is sent again soon. */
  readonly isTransient: boolean;
}

/** `whole`: nothing is missing. `cut`: something is. `unknown`: only HTTP can tell. */
export type Completeness = 'whole' | 'cut' | 'unknown';

/**
 * The rules of one API: what its events mean for the end of a stream. One object reads one response, event by event, and
 * keeps nothing but the facts of its end.
 */
export interface Wire {
  /** `events`: a JSON body is read as events too. `none`: a body that is no event stream is an error, after it was handed on. `bytes`: it is handed on. */
  readonly foreignBody: 'events' | 'none' | 'bytes';
  /** Reconnection times are handed on too: the reader may be a client that reconnects. */
  readonly keepsRetry?: boolean | undefined;
  /**
   * Reads an event; returns it as it is handed on, or `undefined` for one that is left out.
   * @throws an error that fails the stream, for an event that no reader could use
   */
  read(event: WireEvent): OutgoingEvent | undefined;
  /**
   * Looks at the bytes of events, and returns whether `read` would hand each of them on as it is and learn nothing from it
   * that is not learned here. Without that, they are read one by one.
   */
  passes(run: EventRun): boolean;
  /** The error that the last event was, or an event before it: after it nothing is missing. */
  readonly failure: WireFailure | undefined;
  /** Reads text that stood outside of events, at the end. If it is an error, returns it as the event that it should have been. */
  readText(text: string): OutgoingEvent | undefined;
  /** Returns an event that has to be handed on before a stream fails. */
  lastWords?(): OutgoingEvent | undefined;
  /** Returns the judgement of the events so far. `isInsideEvent`: the body ended inside an event, whose rest is lost. */
  judge(isInsideEvent: boolean): Completeness;
  /** The token counts, as the API writes them; the last ones that came. */
  readonly usage: unknown;
}

/** Whether an event is the sentinel at the end of a stream. */
export function isDone(data: string): boolean {
  return data.length < 16 && data.trim().toUpperCase() === '[DONE]';
}

/** Parses a JSON text; returns `undefined` for any other text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Bytes of events that may have the name `error`. */
export const namedError = /event: ?error/;

const escapedName = /\\u00(?:2[eE]|[4-7])/;

/**
 * Whether JSON may have a name that a search does not find: JSON may write every letter as an escape. Servers write quotes,
 * angle brackets and characters beyond ASCII so, which no name has.
 */
export function mayHideNames(json: string | EventRun): boolean {
  return json.includes('\\u00') && escapedName.test(typeof json === 'string' ? json : json.binaryText);
}

/** Whether JSON has one of the names that decide something, or may have it behind an escape. */
export function mentions(names: RegExp, json: string): boolean {
  return names.test(json) || mayHideNames(json);
}
