import type { StreamManagerError } from './errors.ts';
import { type EventLog, oldestPosition } from './event-log.ts';
import { FanOut, type FanOutObserver } from './fan-out.ts';
import { Linger } from './linger.ts';
import type { ManagerLimits } from './options.ts';
import { canHandOver, canResume, runSource, type StreamSink, type StreamSource } from './source.ts';
import { StopSignal } from './stop-signal.ts';
import { isEnded, isRunning, queuedState, type StreamState, type StreamStep, transition } from './stream-state.ts';
import { startTimer, type CancelTimer } from './timer.ts';
import type { StreamEnd, StreamInfo } from './types.ts';

/** The parts that the manager creates a stream from. */
export interface StreamParts<Event, Result> {
  readonly id: string;
  readonly key: string | undefined;
  readonly metadata: unknown;
  /** None for a copy of a stream that another process leads. */
  readonly source: StreamSource<Event, Result> | undefined;
  readonly log: EventLog<Event>;
  readonly limits: ManagerLimits;
  readonly sizeOf: (event: Event) => number;
}

/** The calls from a stream to its manager. */
export interface StreamObserver<Event, Result> {
  /** The state has changed; after an end, every subscriber has been called with it. */
  onState(stream: Stream<Event, Result>, previous: StreamState): void;
  onEvent(): void;
  onLateEvent(stream: Stream<Event, Result>): void;
  onPause(stream: Stream<Event, Result>, isPaused: boolean): void;
  onDetach(stream: Stream<Event, Result>, error: unknown): void;
  onCoolDown(key: string, untilMs: number): void;
}

/** The calls from a copy of a stream to its follower. */
export interface StreamOrigin {
  /** Asks the leading process to stop. */
  stop(reason: unknown): void;
  onSubscribersCount(count: number): void;
  /** The end of the stream is awaited. */
  onAwaited(): void;
}

/** The claim of this process on a shared stream. */
export interface StreamClaim<Result> {
  /** Whether another process follows the stream now. A rejection counts as yes. */
  isFollowed(): Promise<boolean>;
  /** Gives the claim up, after all events so far. Returns false if that cannot be done. */
  release(): boolean;
  /** Returns the end in this process of a stream that is no longer led by it. */
  endOf(error: StreamManagerError, result: Result | undefined): Pick<StreamEnd<Result>, 'error' | 'result'>;
}

/** A stream from its place in the queue to its end; the sink of its source. The one place that changes its state. */
export class Stream<Event, Result> implements StreamSink<Event, Result>, FanOutObserver {
  readonly id: string;
  readonly key: string | undefined;
  readonly fanOut: FanOut<Event, Result>;
  state = queuedState(Date.now());
  /** Set while the stream is a copy of one that another process leads. */
  origin: StreamOrigin | undefined;
  /** Whether the stream is forgotten when it ends, because another process has a better claim on its id. */
  isForgotten = false;
  #metadata: unknown;
  readonly #limits: ManagerLimits;
  readonly #sizeOf: (event: Event) => number;
  #observer: StreamObserver<Event, Result>;
  // An ended stream is kept for its history only: its timers, and what holds on to its source, are cleared.
  #linger: Linger | undefined;
  #cancelDuration: CancelTimer | undefined;
  #source: StreamSource<Event, Result> | undefined;
  #isResumed = false;
  /** Set for a shared stream that is led by this process. */
  #claim: { readonly claim: StreamClaim<Result>; readonly source: StreamSource<Event, Result> } | undefined;
  #onResume: readonly (() => void)[] | undefined;
  readonly #stopSignal = new StopSignal();
  #stopping: { result: Result | undefined } | undefined;
  // No `undefined`: a field that has only ever held numbers is written in place, without an object for each.
  #lastEventAt = Number.NaN;
  #ended: Promise<StreamEnd<Result>> | undefined;
  #resolveEnded: ((end: StreamEnd<Result>) => void) | undefined;

  constructor(parts: StreamParts<Event, Result>, observer: StreamObserver<Event, Result>) {
    const { id, key, metadata, source, log, limits, sizeOf } = parts;
    this.id = id;
    this.key = key;
    this.#metadata = metadata;
    this.#source = source;
    this.#limits = limits;
    this.#sizeOf = sizeOf;
    this.#observer = observer;
    this.fanOut = new FanOut<Event, Result>(id, log, limits, this);
    this.#linger = new Linger(limits.lingerMs, () => this.stop('no-subscribers'));
  }

  // The sink. Functions of their own, because sources take it apart: `start({ push, end })`.

  readonly push = (event: Event): boolean => {
    const { fanOut } = this;
    if (this.#stopping !== undefined || fanOut.end !== undefined) {
      this.#observer.onLateEvent(this);
      return false;
    }
    let bytes: number;
    try {
      const measured = this.#sizeOf(event);
      // NaN or a negative size would corrupt the totals.
      bytes = Number.isFinite(measured) && measured > 0 ? measured : 0;
    } catch (error) {
      this.abandon(error);
      return false;
    }
    const { log } = fanOut;
    if (log.next >= this.#limits.maxStreamEvents) return this.#exceed('max-stream-events');
    if (log.totalBytes + bytes > this.#limits.maxStreamBytes) return this.#exceed('max-stream-bytes');
    this.#lastEventAt = Date.now();
    if (log.next === 0) this.#step({ type: 'first-event', at: this.#lastEventAt });
    this.#observer.onEvent();
    log.append(event, bytes);
    fanOut.flush();
    return !fanOut.isPaused && fanOut.end === undefined;
  };

  readonly onResume = (callback: () => void): void => {
    // A copy, because there is one as a rule, and an array that grows makes room for seventeen.
    this.#onResume = (this.#onResume ?? []).concat(callback);
  };

  readonly onStop = (callback: (reason: unknown) => void): void => this.#stopSignal.onStop(callback);

  readonly end = (result: Result): void => {
    if (this.#stopping === undefined) this.#finish({ status: 'completed', result });
    else this.#stopping.result = result;
  };

  readonly fail = (error: unknown, result?: Result): void => {
    if (this.#stopping === undefined) this.#finish({ status: 'failed', error, result });
    else this.#stopping.result = result;
  };

  readonly coolDown = (key: string, untilMs: number): void => this.#observer.onCoolDown(key, untilMs);

  get signal(): AbortSignal {
    return this.#stopSignal.signal;
  }

  // The manager's side.

  /** Starts the source, in this turn. */
  run(): void {
    const source = this.#source;
    this.#source = undefined;
    if (source === undefined || !this.#step({ type: 'start', at: Date.now() })) return;
    this.#linger?.start();
    this.#cancelDuration = startTimer(this.#limits.maxStreamDurationMs, () => this.stop('max-stream-duration'));
    if (this.#isResumed) this.#resume(source);
    else runSource(source, this);
  }

  /** Ends the stream as failed before its source was started. */
  refuse(error: unknown, result?: Result): void {
    if (!isRunning(this.state)) this.#finish({ status: 'failed', error, result });
  }

  stop(reason?: unknown): void {
    if (isEnded(this.state) || this.#stopping !== undefined) return;
    if (this.origin !== undefined) return this.origin.stop(reason);
    this.#stopping = { result: undefined };
    // The source's listeners run now, and may call `end` or `fail` with a result.
    this.#stopSignal.stop(reason);
    this.#finish({ status: 'stopped', reason, result: this.#stopping.result });
  }

  get retainMs(): number {
    return this.isForgotten ? 0 : this.#limits.retainMs;
  }

  get ended(): Promise<StreamEnd<Result>> {
    this.origin?.onAwaited();
    this.#ended ??= new Promise((resolve) => {
      const { end } = this.fanOut;
      if (end === undefined) this.#resolveEnded = resolve;
      else resolve(end);
    });
    return this.#ended;
  }

  // The side of a stream log.

  /** Sets the claim of this process on the stream, before the source starts. */
  share(claim: StreamClaim<Result>): void {
    // If this process was cut off, another one may continue the stream, and its readers may come here.
    this.fanOut.mayBeAhead = true;
    const source = this.#source;
    if (source !== undefined) this.#claim = { claim, source };
    if (this.#linger !== undefined) this.#linger.isFollowedElsewhere = () => claim.isFollowed();
  }

  /** Whether a source of this process can continue the stream that another process leads. */
  get hasHeir(): boolean {
    return this.origin !== undefined && this.#source !== undefined;
  }

  /**
   * Leaves a stream to the process that continues it: aborts the source, and detaches the readers. Returns false if no
   * other process can continue it.
   */
  handOver(error: StreamManagerError): boolean {
    if (isEnded(this.state) || this.#stopping !== undefined || this.#claim === undefined) return false;
    const { claim, source } = this.#claim;
    if (!canHandOver(source) || !claim.release()) return false;
    this.fanOut.detachAll(error);
    this.abandon(error, (result) => claim.endOf(error, result));
    return true;
  }

  /**
   * Becomes a copy of a stream that another process leads, before the first event. Keeps a source that can resume, for
   * `lead`.
   */
  follow(origin: StreamOrigin, metadata: unknown, observer: StreamObserver<Event, Result>): void {
    this.origin = origin;
    this.#metadata = metadata;
    this.#observer = observer;
    if (this.#source !== undefined && !canResume(this.#source)) this.#source = undefined;
    this.#step({ type: 'start', at: Date.now() });
  }

  /** Takes over the stream after the stored events: `run` resumes the source. */
  lead(metadata: unknown, observer: StreamObserver<Event, Result>): void {
    this.origin = undefined;
    this.#metadata = metadata;
    this.#observer = observer;
    this.#isResumed = true;
    this.state = queuedState(this.state.createdAt);
    this.#linger?.update(this.fanOut.subscribersCount);
  }

  /** Appends an event that another process has pushed; the limits of a stream were applied there. */
  receive(event: Event): void {
    const { log } = this.fanOut;
    const measured = this.#sizeOf(event);
    this.#lastEventAt = Date.now();
    if (log.next === 0) this.#step({ type: 'first-event', at: this.#lastEventAt });
    log.append(event, Number.isFinite(measured) && measured > 0 ? measured : 0);
    this.fanOut.flush();
  }

  /** Ends the copy as the stream has ended. */
  finish(end: Omit<StreamEnd<Result>, 'eventsCount'>): void {
    this.#finish(end);
  }

  /**
   * Ends the stream as failed whatever its source does, and aborts the source, which may add a result as in a stop.
   * `endOf` makes the end of it.
   */
  abandon(
    error: unknown,
    endOf: (result: Result | undefined) => Pick<StreamEnd<Result>, 'error' | 'result'> = (result) => ({
      error,
      result,
    }),
  ): void {
    if (isEnded(this.state) || this.#stopping !== undefined) return;
    this.#stopping = { result: undefined };
    this.#stopSignal.stop(error);
    this.#finish({ status: 'failed', ...endOf(this.#stopping.result) });
  }

  info(): StreamInfo {
    const { id, key, state, fanOut } = this;
    const { log, end } = fanOut;
    return {
      id,
      key,
      metadata: this.#metadata,
      status: state.status,
      createdAt: state.createdAt,
      startedAt: state.startedAt,
      firstEventAt: state.firstEventAt,
      lastEventAt: log.next === 0 ? undefined : this.#lastEventAt,
      endedAt: state.endedAt,
      eventsCount: log.next,
      subscribersCount: fanOut.subscribersCount,
      historyBytes: log.heldBytes,
      oldest: oldestPosition(log),
      endPosition: end === undefined ? undefined : fanOut.positionOf(log.next),
      paused: fanOut.isPaused,
      error: end?.error,
      reason: end?.reason,
    };
  }

  // The observer of the fan-out.

  onPause(isPaused: boolean): void {
    this.#observer.onPause(this, isPaused);
    if (!isPaused && !isEnded(this.state)) for (const resume of this.#onResume ?? []) resume();
  }

  onSubscribersCount(count: number): void {
    if (this.origin === undefined) this.#linger?.update(count);
    else this.origin.onSubscribersCount(count);
  }

  onDetach(error: unknown): void {
    this.#observer.onDetach(this, error);
  }

  #resume(source: StreamSource<Event, Result>): void {
    const { log } = this.fanOut;
    if (log.next > 0) this.#step({ type: 'first-event', at: Date.now() });
    runSource(source, this, log);
  }

  #step(next: StreamStep): boolean {
    const previous = this.state;
    this.state = transition(previous, next);
    if (this.state === previous) return false;
    if (next.type !== 'end') this.#observer.onState(this, previous);
    return true;
  }

  #finish(end: Omit<StreamEnd<Result>, 'eventsCount'>): void {
    const previous = this.state;
    if (!this.#step({ type: 'end', status: end.status, at: Date.now() })) return;
    this.#linger?.cancel();
    this.#cancelDuration?.();
    const streamEnd = { ...end, eventsCount: this.fanOut.log.next };
    this.fanOut.finish(streamEnd);
    this.#linger = undefined;
    this.#cancelDuration = undefined;
    this.#source = undefined;
    this.#claim = undefined;
    this.#onResume = undefined;
    this.#stopSignal.release();
    this.#resolveEnded?.(streamEnd);
    this.#observer.onState(this, previous);
  }

  /** Stops at the event that is one too many. */
  #exceed(reason: string): false {
    this.stop(reason);
    this.#observer.onLateEvent(this);
    return false;
  }
}
