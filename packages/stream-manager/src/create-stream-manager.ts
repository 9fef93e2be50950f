import { approximateBytes } from './approximate-bytes.ts';
import { createCapacity, type Place } from './capacity.ts';
import { StreamManagerError } from './errors.ts';
import { createMemoryLog } from './event-log.ts';
import { createLifecycle } from './lifecycle.ts';
import { resolveLimits, resolveStreamLimits, type StreamManagerOptions } from './options.ts';
import { createRetention } from './retention.ts';
import type { StreamSource } from './source.ts';
import { isEnded, type StreamStatus } from './stream-state.ts';
import { createManagedStream, type StreamEntry, type StreamHooks } from './stream.ts';
import { type CancelTimer, startTimer } from './timer.ts';
import type { ManagedStream, StartOptions, StreamFilter, StreamInfo, StreamManager } from './types.ts';

interface Held<Event, Result> {
  readonly entry: StreamEntry<Event, Result>;
  place?: Place | undefined;
  cancelQueueTimer?: CancelTimer | undefined;
}

/** Creates a manager for streams of one kind of event. Throws a TypeError for a limit that is none. */
export function createStreamManager<Event, Result = void>(
  options: StreamManagerOptions<Event> = {},
): StreamManager<Event, Result> {
  const limits = resolveLimits(options);
  const sizeOf = options.sizeOf ?? approximateBytes;
  const report = createLifecycle(options.onLifecycle);
  const counters = createManagerCounters();
  const capacity = createCapacity(limits);
  const streams = new Map<string, Held<Event, Result>>();
  const retention = createRetention<StreamEntry<Event, Result>>(limits, ({ id, key }) => {
    streams.delete(id);
    counters.evicted++;
    report({ type: 'stream-evict', id, key });
  });
  let lastEpoch = 0;
  let lastLimits = limits;
  let closing: Promise<void> | undefined;

  const hooks: StreamHooks<Event, Result> = {
    onState(entry, previous) {
      const { id, key, state, end } = entry;
      counters[previous.status]--;
      counters[state.status]++;
      const held = streams.get(id);
      held?.cancelQueueTimer?.();
      if (end === undefined) {
        report({ type: state.status === 'active' ? 'stream-active' : 'stream-start', id, key });
        return;
      }
      report({ type: 'stream-end', id, key, durationMs: (state.endedAt ?? state.createdAt) - state.createdAt, ...end });
      retention.keep(entry, entry.historyBytes + resultBytes(end.result), entry.retainMs);
      held?.place?.leave();
    },
    onEvent: () => void counters.events++,
    onLateEvent({ id, key }) {
      counters.lateEvents++;
      report({ type: 'late-event', id, key });
    },
    onPause: ({ id, key }, paused) => report({ type: paused ? 'stream-pause' : 'stream-resume', id, key }),
    onDetach({ id, key }, error) {
      counters.detachedSubscribers++;
      report({ type: 'subscriber-detach', id, key, error });
    },
    coolDown: (key, untilMs) => capacity.coolDown(key, untilMs),
  };

  function create(id: string, source: StreamSource<Event, Result>, request: StartOptions): Held<Event, Result> {
    // Higher than any before under the same id, also an earlier process's.
    lastEpoch = Math.max(lastEpoch + 1, Date.now());
    lastLimits = resolveStreamLimits(limits, request, lastLimits);
    const { key, metadata } = request;
    const entry = createManagedStream<Event, Result>(
      {
        id,
        key,
        metadata,
        source,
        sizeOf,
        log: createMemoryLog(lastEpoch),
        limits: lastLimits,
      },
      hooks,
    );
    return { entry };
  }

  /** Starts it now or when its turn comes. Throws `max-streams`. */
  function admit(held: Held<Event, Result>): void {
    const { entry } = held;
    const { id, key } = entry;
    const place = capacity.enter(
      key,
      () => entry.run(),
      () => {
        report({ type: 'stream-queue', id, key });
        held.cancelQueueTimer = startTimer(limits.queueTimeoutMs, () =>
          entry.refuse(
            new StreamManagerError('queue-timeout', `stream ${id} got no place within ${limits.queueTimeoutMs} ms`, {
              streamId: id,
              limit: limits.queueTimeoutMs,
            }),
          ),
        );
      },
    );
    if (place === undefined) {
      streams.delete(id);
      counters.queued--;
      counters.started--;
      throw new StreamManagerError(
        'max-streams',
        `${limits.maxStreams} streams are running and ${limits.maxQueuedStreams} are queued`,
        { streamId: id, limit: limits.maxStreams },
      );
    }
    held.place = place;
    // It may have ended while it started.
    if (isEnded(entry.state)) place.leave();
  }

  function running(): ManagedStream<Event, Result>[] {
    return [...streams.values()].filter(({ entry }) => !isEnded(entry.state)).map(({ entry }) => entry.stream);
  }

  const manager: StreamManager<Event, Result> = {
    start(source, request = {}) {
      if (typeof source !== 'function' && typeof source?.start !== 'function') {
        throw new TypeError(`source: expected a function or an object with start(sink), got ${typeof source}`);
      }
      const { id = randomId(), onDuplicate = 'throw' } = request;
      if (closing !== undefined) {
        throw new StreamManagerError('manager-closed', `the manager is closed to stream ${id}`, { streamId: id });
      }
      const existing = streams.get(id);
      if (existing !== undefined && onDuplicate === 'join') return existing.entry.stream;
      if (existing !== undefined) {
        throw new StreamManagerError('duplicate-id', `stream ${id} is there already`, { streamId: id });
      }
      const held = create(id, source, request);
      streams.set(id, held);
      counters.queued++;
      counters.started++;
      admit(held);
      return held.entry.stream;
    },
    get: (id) => streams.get(id)?.entry.stream,
    async attach(id) {
      const stream = manager.get(id);
      if (stream !== undefined) return stream;
      throw new StreamManagerError('stream-not-found', `stream ${id} is neither running nor retained`, {
        streamId: id,
      });
    },
    list: (filter = {}) =>
      [...streams.values()].map(({ entry }) => entry.stream.info()).filter((info) => matches(info, filter)),
    stats: () => ({ ...counters, retained: retention.count, retainedBytes: retention.bytes }),
    stop(id, reason) {
      const entry = streams.get(id)?.entry;
      if (entry === undefined || isEnded(entry.state)) return false;
      entry.stream.stop(reason);
      return true;
    },
    close({ drainMs = 0 } = {}) {
      const left = running();
      const allEnded = Promise.all(left.map((stream) => stream.ended));
      closing ??= allEnded.then(() => {
        capacity.close();
        retention.clear();
      });
      const stop = (some: typeof left): void => some.forEach((stream) => stream.stop('manager-closed'));
      stop(left.filter((stream) => stream.info().status === 'queued'));
      if (drainMs === 0) stop(left);
      else void allEnded.then(startTimer(drainMs, () => stop(left)));
      return closing;
    },
    [Symbol.asyncDispose]: () => manager.close(),
  };
  return manager;
}

/** What a stream ended with is kept as long as its history, and may be larger. */
function resultBytes(result: unknown): number {
  try {
    return result === undefined ? 0 : approximateBytes(result);
  } catch {
    // It has a getter that throws: the stream has ended all the same.
    return 0;
  }
}

function matches(info: StreamInfo, { status, key }: StreamFilter): boolean {
  const isStatus = status === undefined || (typeof status === 'string' ? [status] : status).includes(info.status);
  return isStatus && (key === undefined || info.key === key);
}

/** The manager's counters. `queued`, `starting` and `active` go up and down, the others only up. */
export type ManagerCounters = Record<
  StreamStatus | 'started' | 'evicted' | 'events' | 'lateEvents' | 'detachedSubscribers',
  number
>;

export const createManagerCounters = (): ManagerCounters => ({
  queued: 0,
  starting: 0,
  active: 0,
  started: 0,
  completed: 0,
  failed: 0,
  stopped: 0,
  evicted: 0,
  events: 0,
  lateEvents: 0,
  detachedSubscribers: 0,
});

/** 128 random bits in hexadecimal: a stream id that cannot be guessed. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
