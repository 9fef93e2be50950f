import { type EventLog, oldestPosition } from './event-log.ts';
import { createFanOut, type FanOut, type FanOutHooks } from './fan-out.ts';
import { createStreamHandle, type HandleOwner } from './managed-stream.ts';
import type { ManagerLimits } from './options.ts';
import { createSink, runSource, type SinkOwner, type StreamSource } from './source.ts';
import { isEnded, isRunning, queuedState, type StreamState, type StreamStep, transition } from './stream-state.ts';
import { type CancelTimer, startTimer } from './timer.ts';
import type { ManagedStream, StreamEnd, StreamInfo } from './types.ts';

type Owner<Event, Result> = HandleOwner<Event, Result> & SinkOwner<Event, Result>;

/** The one place that knows a stream's state, changes it, and does what a change asks for. */
class Entry<Event, Result> implements StreamEntry<Event, Result>, Owner<Event, Result>, FanOutHooks {
  readonly id: string;
  readonly key: string | undefined;
  readonly fanOut: FanOut<Event, Result>;
  readonly stream: ManagedStream<Event, Result>;
  state = queuedState(Date.now());
  readonly #metadata: unknown;
  readonly #limits: ManagerLimits;
  readonly #sizeOf: (event: Event) => number;
  readonly #hooks: StreamHooks<Event, Result>;
  readonly #linger: Linger;
  // These three hold on to the source. An ended stream is kept for its history, and lets go of them.
  #source: StreamSource<Event, Result> | undefined;
  #onResume: (() => void)[] | undefined;
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;
  #stopping: { result: Result | undefined } | undefined;
  // No `undefined`: a field that has only ever held numbers is written in place, without an object for each.
  #lastEventAt = Number.NaN;
  #cancelDuration: CancelTimer | undefined;
  #ended: Promise<StreamEnd<Result>> | undefined;
  #resolveEnded: ((end: StreamEnd<Result>) => void) | undefined;

  constructor(request: StreamRequest<Event, Result>, hooks: StreamHooks<Event, Result>) {
    const { id, key, metadata, source, log, limits, sizeOf } = request;
    this.id = id;
    this.key = key;
    this.#metadata = metadata;
    this.#source = source;
    this.#limits = limits;
    this.#sizeOf = sizeOf;
    this.#hooks = hooks;
    this.fanOut = createFanOut<Event, Result>(id, log, limits, this);
    this.stream = createStreamHandle<Event, Result>(this);
    this.#linger = createLinger(limits.lingerMs, () => this.stop('no-subscribers'));
  }

  get end(): StreamEnd<Result> | undefined {
    return this.fanOut.end;
  }

  get historyBytes(): number {
    return this.fanOut.log.heldBytes;
  }

  get retainMs(): number {
    return this.#limits.retainMs;
  }

  get ended(): Promise<StreamEnd<Result>> {
    this.#ended ??= new Promise((resolve) => {
      if (this.end === undefined) this.#resolveEnded = resolve;
      else resolve(this.end);
    });
    return this.#ended;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }

  run(): void {
    const source = this.#source;
    this.#source = undefined;
    if (source === undefined || !this.#step({ type: 'start', at: Date.now() })) return;
    this.#linger.started();
    this.#cancelDuration = startTimer(this.#limits.maxStreamDurationMs, () => this.stop('max-stream-duration'));
    runSource(source, createSink<Event, Result>(this));
  }

  refuse(error: unknown): void {
    if (!isRunning(this.state)) this.#finish({ status: 'failed', error });
  }

  stop(reason?: unknown): void {
    if (isEnded(this.state) || this.#stopping !== undefined) return;
    this.#stopping = { result: undefined };
    // Its listeners run now, and may say what there is of a result.
    this.#abort(reason);
    this.#finish({ status: 'stopped', reason, result: this.#stopping.result });
  }

  push(event: Event): boolean {
    if (this.#stopping !== undefined || this.end !== undefined) {
      this.#hooks.onLateEvent(this);
      return false;
    }
    let bytes: number;
    try {
      const measured = this.#sizeOf(event);
      // What is no size would make every sum of sizes none.
      bytes = Number.isFinite(measured) && measured > 0 ? measured : 0;
    } catch (error) {
      this.#finish({ status: 'failed', error });
      this.#abort(error);
      return false;
    }
    const { log } = this.fanOut;
    if (log.next >= this.#limits.maxStreamEvents) return this.#exceed('max-stream-events');
    if (log.totalBytes + bytes > this.#limits.maxStreamBytes) return this.#exceed('max-stream-bytes');
    this.#lastEventAt = Date.now();
    if (log.next === 0) this.#step({ type: 'first-event', at: this.#lastEventAt });
    this.#hooks.onEvent();
    this.fanOut.append(event, bytes);
    return !this.fanOut.paused && this.end === undefined;
  }

  addResume(callback: () => void): void {
    (this.#onResume ??= []).push(callback);
  }

  complete(result: Result): void {
    if (this.#stopping === undefined) this.#finish({ status: 'completed', result });
    else this.#stopping.result = result;
  }

  break(error: unknown, result?: Result): void {
    if (this.#stopping === undefined) this.#finish({ status: 'failed', error, result });
    else this.#stopping.result = result;
  }

  coolDown(key: string, untilMs: number): void {
    this.#hooks.coolDown(key, untilMs);
  }

  info(): StreamInfo {
    const { id, key, state, fanOut, end } = this;
    const { log } = fanOut;
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
      paused: fanOut.paused,
      error: end?.error,
      reason: end?.reason,
    };
  }

  onPause(paused: boolean): void {
    this.#hooks.onPause(this, paused);
    if (!paused && !isEnded(this.state)) for (const resume of this.#onResume ?? []) resume();
  }

  onSubscribersCount(count: number): void {
    this.#linger.subscribersChanged(count);
  }

  onDetach(error: unknown): void {
    this.#hooks.onDetach(this, error);
  }

  #step(next: StreamStep): boolean {
    const previous = this.state;
    this.state = transition(previous, next);
    if (this.state === previous) return false;
    if (next.type !== 'end') this.#hooks.onState(this, previous);
    return true;
  }

  #finish(end: Omit<StreamEnd<Result>, 'eventsCount'>): void {
    const previous = this.state;
    if (!this.#step({ type: 'end', status: end.status, at: Date.now() })) return;
    this.#linger.cancel();
    this.#cancelDuration?.();
    const streamEnd = { ...end, eventsCount: this.fanOut.log.next };
    this.fanOut.finish(streamEnd);
    this.#source = undefined;
    this.#onResume = undefined;
    this.#controller = undefined;
    this.#resolveEnded?.(streamEnd);
    this.#hooks.onState(this, previous);
  }

  #abort(reason: unknown): void {
    this.#aborted = { reason };
    this.#controller?.abort(reason);
  }

  /** Stops at the event that is one too many. */
  #exceed(reason: string): false {
    this.stop(reason);
    this.#hooks.onLateEvent(this);
    return false;
  }
}

/** A stream that waits for its place. */
export function createManagedStream<Event, Result>(
  request: StreamRequest<Event, Result>,
  hooks: StreamHooks<Event, Result>,
): StreamEntry<Event, Result> {
  return new Entry(request, hooks);
}

/** What a stream is made of. */
export interface StreamRequest<Event, Result> {
  readonly id: string;
  readonly key: string | undefined;
  readonly metadata: unknown;
  readonly source: StreamSource<Event, Result>;
  readonly log: EventLog<Event>;
  readonly limits: ManagerLimits;
  readonly sizeOf: (event: Event) => number;
}

/** What a stream tells its manager. */
export interface StreamHooks<Event, Result> {
  /** The state has changed; called after everyone has been told of an end. */
  onState(stream: StreamEntry<Event, Result>, previous: StreamState): void;
  onEvent(): void;
  onLateEvent(stream: StreamEntry<Event, Result>): void;
  onPause(stream: StreamEntry<Event, Result>, paused: boolean): void;
  onDetach(stream: StreamEntry<Event, Result>, error: unknown): void;
  coolDown(key: string, untilMs: number): void;
}

/** The manager's own side of a stream. */
export interface StreamEntry<Event, Result> {
  readonly id: string;
  readonly stream: ManagedStream<Event, Result>;
  readonly key: string | undefined;
  readonly state: StreamState;
  readonly end: StreamEnd<Result> | undefined;
  readonly historyBytes: number;
  readonly retainMs: number;
  /** Starts the source, in this turn. */
  run(): void;
  /** Ends the stream as failed before its source was started. */
  refuse(error: unknown): void;
}

/** Decides when a stream that nobody follows has gone on for long enough. */
export interface Linger {
  /** The source was started. */
  started(): void;
  subscribersChanged(count: number): void;
  /** The stream has ended. */
  cancel(): void;
}

class Waiting implements Linger {
  readonly #lingerMs: number;
  readonly #expire: () => void;
  #cancelTimer: CancelTimer | undefined;
  #isFollowed = false;
  #cameEver = false;
  #isOver = false;

  constructor(lingerMs: number, expire: () => void) {
    this.#lingerMs = lingerMs;
    this.#expire = expire;
  }

  started(): void {
    // With no linger time at all there must be someone to leave before anything can end by it.
    if (!this.#cameEver && this.#lingerMs > 0) this.#wait();
  }

  subscribersChanged(count: number): void {
    const wasFollowed = this.#isFollowed;
    this.#isFollowed = count > 0;
    if (this.#isFollowed) {
      this.#cameEver = true;
      this.#stopWaiting();
    } else if (wasFollowed && !this.#isOver) {
      if (this.#lingerMs === 0) this.#expire();
      else this.#wait();
    }
  }

  cancel(): void {
    this.#isOver = true;
    this.#stopWaiting();
  }

  #wait(): void {
    this.#stopWaiting();
    this.#cancelTimer = startTimer(this.#lingerMs, this.#expire);
  }

  #stopWaiting(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}

export function createLinger(lingerMs: number, expire: () => void): Linger {
  return new Waiting(lingerMs, expire);
}
