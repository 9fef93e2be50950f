import { subscribeCallback } from './callback-subscription.ts';
import type { EventLog } from './event-log.ts';
import { createFanOut } from './fan-out.ts';
import { createLinger } from './linger.ts';
import { iterateLog } from './log-iterator.ts';
import type { ManagerLimits } from './manager-options.ts';
import { runSource } from './run-source.ts';
import { startTimer, type CancelTimer } from './start-timer.ts';
import type { StreamSink, StreamSource } from './stream-source.ts';
import { isEnded, isRunning, queuedState, transition, type StreamState, type StreamStep } from './stream-state.ts';
import type { StreamEnd, StreamIterator, SubscribeOptions } from './subscription.ts';
import { toReadableStream } from './to-readable-stream.ts';
import type { ManagedStream, StreamInfo } from './types.ts';

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

/** The one place that knows a stream's state, changes it, and does what a change asks for. */
export function createManagedStream<Event, Result>(
  { id, key, metadata, source, log, limits, sizeOf }: StreamRequest<Event, Result>,
  hooks: StreamHooks<Event, Result>,
): StreamEntry<Event, Result> {
  const controller = new AbortController();
  const onResume: (() => void)[] = [];
  let state = queuedState(Date.now());
  let lastEventAt: number | undefined;
  let stopping: { result: Result | undefined } | undefined;
  let cancelDuration: CancelTimer | undefined;
  let resolveEnded: (end: StreamEnd<Result>) => void;
  const ended = new Promise<StreamEnd<Result>>((resolve) => (resolveEnded = resolve));

  const fanOut = createFanOut<Event, Result>(id, log, limits, {
    onPause(paused) {
      hooks.onPause(entry, paused);
      if (!paused && !isEnded(state)) for (const resume of onResume) resume();
    },
    onSubscribersCount: (count) => linger.subscribersChanged(count),
    onDetach: (error) => hooks.onDetach(entry, error),
  });
  const linger = createLinger(limits.lingerMs, () => stop('no-subscribers'));

  function step(next: StreamStep): boolean {
    const previous = state;
    state = transition(state, next);
    if (state === previous) return false;
    if (next.type !== 'end') hooks.onState(entry, previous);
    return true;
  }

  function finish(end: Omit<StreamEnd<Result>, 'eventsCount'>): void {
    const previous = state;
    if (!step({ type: 'end', status: end.status, at: Date.now() })) return;
    linger.cancel();
    cancelDuration?.();
    const streamEnd = { ...end, eventsCount: log.next };
    fanOut.finish(streamEnd);
    resolveEnded(streamEnd);
    hooks.onState(entry, previous);
  }

  function stop(reason?: unknown): void {
    if (isEnded(state) || stopping !== undefined) return;
    stopping = { result: undefined };
    // Its listeners run now, and may say what there is of a result.
    controller.abort(reason);
    finish({ status: 'stopped', reason, result: stopping.result });
  }

  function push(event: Event): boolean {
    if (stopping !== undefined || isEnded(state)) {
      hooks.onLateEvent(entry);
      return false;
    }
    let bytes: number;
    try {
      const measured = sizeOf(event);
      // What is no size would make every sum of sizes none.
      bytes = Number.isFinite(measured) && measured > 0 ? measured : 0;
    } catch (error) {
      finish({ status: 'failed', error });
      controller.abort(error);
      return false;
    }
    if (log.next >= limits.maxStreamEvents) return exceed('max-stream-events');
    if (log.totalBytes + bytes > limits.maxStreamBytes) return exceed('max-stream-bytes');
    lastEventAt = Date.now();
    if (log.next === 0) step({ type: 'first-event', at: lastEventAt });
    hooks.onEvent();
    fanOut.append(event, bytes);
    return !fanOut.paused && !controller.signal.aborted && !isEnded(state);
  }

  /** Stops at the event that is one too many. */
  function exceed(reason: string): false {
    stop(reason);
    hooks.onLateEvent(entry);
    return false;
  }

  const sink: StreamSink<Event, Result> = {
    id,
    signal: controller.signal,
    coolDown: (cooledKey, untilMs) => hooks.coolDown(cooledKey, untilMs),
    push,
    onResume: (callback) => void onResume.push(callback),
    end(result) {
      if (stopping === undefined) finish({ status: 'completed', result });
      else stopping.result = result;
    },
    fail(error, result) {
      if (stopping === undefined) finish({ status: 'failed', error, result });
      else stopping.result = result;
    },
  };

  const stream: ManagedStream<Event, Result> = {
    id,
    ended,
    info: (): StreamInfo => ({
      id,
      key,
      metadata,
      status: state.status,
      createdAt: state.createdAt,
      startedAt: state.startedAt,
      firstEventAt: state.firstEventAt,
      lastEventAt,
      endedAt: state.endedAt,
      eventsCount: log.next,
      subscribersCount: fanOut.subscribersCount,
      historyBytes: log.heldBytes,
      oldest: log.oldest < log.next ? fanOut.positionOf(log.oldest) : undefined,
      endPosition: fanOut.end === undefined ? undefined : fanOut.positionOf(log.next),
      paused: fanOut.paused,
      error: fanOut.end?.error,
      reason: fanOut.end?.reason,
    }),
    subscribe: (subscriber: Parameters<typeof subscribeCallback<Event, Result>>[1], options: SubscribeOptions = {}) =>
      subscribeCallback(fanOut, subscriber, options),
    [Symbol.asyncIterator]: () => iterateLog(fanOut, {}) as StreamIterator<Event>,
    // What a reader without gaps was promised is kept by its options.
    iterate: (options: SubscribeOptions = {}) => iterateLog(fanOut, options) as StreamIterator<Event>,
    toReadableStream: (options: SubscribeOptions = {}) =>
      toReadableStream(iterateLog(fanOut, options) as StreamIterator<Event>),
    stop,
  };

  const entry: StreamEntry<Event, Result> = {
    id,
    stream,
    key,
    get state() {
      return state;
    },
    get end() {
      return fanOut.end;
    },
    get historyBytes() {
      return log.heldBytes;
    },
    retainMs: limits.retainMs,
    run() {
      if (!step({ type: 'start', at: Date.now() })) return;
      linger.started();
      cancelDuration = startTimer(limits.maxStreamDurationMs, () => stop('max-stream-duration'));
      runSource(source, sink);
    },
    refuse(error) {
      if (!isRunning(state)) finish({ status: 'failed', error });
    },
  };
  return entry;
}
