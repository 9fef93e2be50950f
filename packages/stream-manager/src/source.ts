import type { EventLog } from './event-log.ts';

/** The context that the manager passes to a source of events. */
export interface SourceContext {
  /** The stream's id. */
  readonly id: string;
  /** Aborted when the stream is stopped, with the reason of the stop. */
  readonly signal: AbortSignal;
  /** Starts no queued stream of this key before `untilMs` (milliseconds since 1970), for example after a quota error. */
  coolDown(key: string, untilMs: number): void;
}

/** The receiver of a push source's events. */
export interface StreamSink<Event, Result = void> extends SourceContext {
  /**
   * Appends an event and delivers it to every subscriber at the tail before it returns. Returns false if the source
   * should pause until `onResume`, or if the stream has ended. Never throws; an event after the end is counted, not kept.
   */
  push(event: Event): boolean;
  /** Registers a callback for when pushing may continue after a `false`. */
  onResume(callback: () => void): void;
  /**
   * Registers a callback for the stop of the stream: called once, in the turn of the stop, with its reason; at once if
   * the stream was stopped before. It does what a listener of `signal` does, and costs half a kilobyte less.
   */
  onStop(callback: (reason: unknown) => void): void;
  /**
   * Ends the stream as completed. During a stop, in a callback of `onStop` or a listener of `signal`, it only adds the
   * result to the stopped end; after the end it does nothing.
   */
  end(result: Result): void;
  /** Ends the stream as failed, with a partial result if there is one; otherwise like `end`. */
  fail(error: unknown, result?: Result): void;
}

/** A source that pushes: no promise and no turn of the event loop between it and a subscriber's callback. */
export interface PushSource<Event, Result = void> {
  /** Called once, synchronously, when the stream gets its place. A throw or a rejection fails the stream. */
  start(sink: StreamSink<Event, Result>): unknown;
  /**
   * Continues a stream whose process was lost, under the next position: called in place of `start`, once, if a stream log
   * has the stream and no process leads it any more. `events` are all that the log still holds, in order: none if the
   * process was lost before the first one. `trimmedCount` is the number of older events, which were trimmed. Without this
   * method such a stream ends as failed with `producer-lost`.
   */
  resume?(sink: StreamSink<Event, Result>, events: readonly Event[], trimmedCount: number): unknown;
  /**
   * Whether another process could continue the stream after the events that were pushed. Asked when the manager closes
   * with `handOver`; if it returns false, the stream is stopped. Without this method a source with `resume` always can.
   */
  canHandOver?(): boolean;
}

/**
 * A source that is pulled. The iterator's return value is the stream's result. The next event is requested only while no
 * subscriber asks for a pause, and `return()` is called when the stream is stopped.
 */
export type PullSource<Event, Result = void> = (
  context: SourceContext,
) => AsyncIterable<Event, Result | void> | PromiseLike<AsyncIterable<Event, Result | void>>;

/** A source of events. The manager starts it once and never again. */
export type StreamSource<Event, Result = void> = PushSource<Event, Result> | PullSource<Event, Result>;

/** Whether a source can continue a stream that another process has begun. */
export function canResume<Event, Result>(source: StreamSource<Event, Result>): boolean {
  return typeof source === 'object' && typeof source.resume === 'function';
}

/** Whether another process can continue what a source has pushed so far. */
export function canHandOver<Event, Result>(source: StreamSource<Event, Result>): boolean {
  return canResume(source) && (typeof source === 'function' || source.canHandOver?.() !== false);
}

/**
 * Starts a source, in this turn, or resumes it after the events of a log, and lets it fill the sink. Any error of the
 * source fails the sink; never throws.
 */
export function runSource<Event, Result>(
  source: StreamSource<Event, Result>,
  sink: StreamSink<Event, Result>,
  log?: EventLog<Event>,
): void {
  try {
    const started =
      typeof source === 'function'
        ? pull<Event, Result>(source(sink), sink)
        : log === undefined
          ? source.start(sink)
          : source.resume?.(sink, log.held(), log.oldest);
    if (isThenable(started)) started.then(undefined, (error: unknown) => sink.fail(error));
  } catch (error) {
    sink.fail(error);
  }
}

async function pull<Event, Result>(
  given: ReturnType<PullSource<Event, Result>>,
  sink: StreamSink<Event, Result>,
): Promise<void> {
  const iterator = iteratorOf<Event, Result>(isThenable(given) ? await given : given);
  let resume: (() => void) | undefined;
  sink.onResume(() => resume?.());
  const abandon = (): void => {
    resume?.();
    void leave(iterator);
  };
  if (sink.signal.aborted) return abandon();
  // A source that hangs never reads its signal: it is left without waiting for it.
  sink.signal.addEventListener('abort', abandon, { once: true });
  try {
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return sink.end(next.value as Result);
      const mayContinue = sink.push(next.value);
      if (sink.signal.aborted) return;
      if (!mayContinue) await new Promise<void>((resolve) => (resume = resolve));
      if (sink.signal.aborted) return;
    }
  } finally {
    sink.signal.removeEventListener('abort', abandon);
  }
}

function iteratorOf<Event, Result>(iterable: unknown): AsyncIterator<Event, Result | void> {
  const create = (iterable as AsyncIterable<Event, Result | void> | undefined)?.[Symbol.asyncIterator];
  if (typeof create === 'function') return create.call(iterable);
  throw new TypeError(`stream source: expected an AsyncIterable, got ${iterable === null ? 'null' : typeof iterable}`);
}

async function leave(iterator: AsyncIterator<unknown, unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // The stream has ended: an error while the source leaves changes nothing.
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}
