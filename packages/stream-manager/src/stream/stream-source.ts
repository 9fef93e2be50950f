/** What a source of events is given by the manager. */
export interface SourceContext {
  /** The stream's id. */
  readonly id: string;
  /** Aborted when the stream is stopped, by whom or what ever; its reason is the stop's. */
  readonly signal: AbortSignal;
  /** Starts no queued stream of this key before `untilMs` (milliseconds since 1970): a quota was met. */
  coolDown(key: string, untilMs: number): void;
}

/** Where a push source puts its events. */
export interface StreamSink<Event, Result = void> extends SourceContext {
  /**
   * Appends an event and hands it to every subscriber that is up to date before it returns. False means: please pause
   * until `onResume`, or the stream has ended and nothing more is wanted. Never throws; an event after the end is
   * counted, not kept.
   */
  push(event: Event): boolean;
  /** Calls back whenever pushing may go on after a `false`. */
  onResume(callback: () => void): void;
  /**
   * Ends the stream as completed. Called while `signal` tells of a stop, it only adds the result to the stopped end;
   * after the end it does nothing.
   */
  end(result: Result): void;
  /** Ends the stream as failed, with what there is of a result; else like `end`. */
  fail(error: unknown, result?: Result): void;
}

/** A source that pushes: no promise and no turn of the event loop between it and a subscriber's callback. */
export interface PushSource<Event, Result = void> {
  /** Called once, synchronously, when the stream gets its place. A throw or a rejection fails the stream. */
  start(sink: StreamSink<Event, Result>): unknown;
}

/**
 * A source that is pulled. The iterator's return value is the stream's result. It is asked for the next event only
 * while nobody holds the stream back, and its `return()` is called when the stream is stopped.
 */
export type PullSource<Event, Result = void> = (
  context: SourceContext,
) => AsyncIterable<Event, Result | void> | PromiseLike<AsyncIterable<Event, Result | void>>;

/** Anything that makes events. The manager starts a source once and never again. */
export type StreamSource<Event, Result = void> = PushSource<Event, Result> | PullSource<Event, Result>;
