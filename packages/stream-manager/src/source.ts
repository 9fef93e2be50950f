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

/** The stream that a sink belongs to. */
export interface SinkOwner<Event, Result> {
  readonly id: string;
  readonly signal: AbortSignal;
  coolDown(key: string, untilMs: number): void;
  push(event: Event): boolean;
  addResume(callback: () => void): void;
  complete(result: Result): void;
  break(error: unknown, result?: Result): void;
}

class Sink<Event, Result> implements StreamSink<Event, Result> {
  readonly id: string;
  readonly #owner: SinkOwner<Event, Result>;

  constructor(owner: SinkOwner<Event, Result>) {
    this.id = owner.id;
    this.#owner = owner;
  }

  // An abort controller is made where somebody listens.
  get signal(): AbortSignal {
    return this.#owner.signal;
  }

  // Functions of their own, for sources take a sink apart: `start({ push, end })`.
  readonly push = (event: Event): boolean => this.#owner.push(event);
  readonly onResume = (callback: () => void): void => this.#owner.addResume(callback);
  readonly end = (result: Result): void => this.#owner.complete(result);
  readonly fail = (error: unknown, result?: Result): void => this.#owner.break(error, result);
  readonly coolDown = (key: string, untilMs: number): void => this.#owner.coolDown(key, untilMs);
}

/** What a source is given of its stream. */
export function createSink<Event, Result>(owner: SinkOwner<Event, Result>): StreamSink<Event, Result> {
  return new Sink(owner);
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';

/** Starts a source, in this turn, and lets it fill the sink. Whatever it does wrong fails the sink; never throws. */
export function runSource<Event, Result>(source: StreamSource<Event, Result>, sink: StreamSink<Event, Result>): void {
  try {
    const started = typeof source === 'function' ? pull<Event, Result>(source(sink), sink) : source.start(sink);
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
      const mayGoOn = sink.push(next.value);
      if (sink.signal.aborted) return;
      if (!mayGoOn) await new Promise<void>((resolve) => (resume = resolve));
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
    // The stream has ended: what a source throws on its way out concerns nobody.
  }
}
