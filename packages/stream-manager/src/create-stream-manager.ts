import { approximateBytes } from './approximate-bytes.ts';
import { createCapacity, type Place } from './capacity.ts';
import { StreamManagerError } from './errors.ts';
import { EventLog } from './event-log.ts';
import { LifecycleReporter } from './lifecycle.ts';
import { StreamHandle } from './managed-stream.ts';
import { checkStartOptions, resolveLimits, resolveStreamLimits, type StreamManagerOptions } from './options.ts';
import { Retention } from './retention.ts';
import type { StreamSource } from './source.ts';
import { Stream, type StreamObserver } from './stream.ts';
import { isEnded } from './stream-state.ts';
import { startTimer, type CancelTimer } from './timer.ts';
import type { ManagedStream, StartOptions, StreamFilter, StreamInfo, StreamManager } from './types.ts';

/** A stream that can be found by its id. */
interface Known<Event, Result> {
  readonly stream: Stream<Event, Result>;
  readonly handle: ManagedStream<Event, Result>;
  place?: Place | undefined;
  cancelQueueTimer?: CancelTimer | undefined;
}

/**
 * Creates a manager for streams of one kind of event.
 *
 * @throws TypeError for an unknown option and for an invalid limit
 */
export function createStreamManager<Event, Result = void>(
  options: StreamManagerOptions<Event> = {},
): StreamManager<Event, Result> {
  const limits = resolveLimits(options);
  const sizeOf = options.sizeOf ?? approximateBytes;
  const lifecycle = new LifecycleReporter(options.onLifecycle);
  // `queued`, `starting` and `active` go up and down, the others only up.
  const counters = {
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
  };
  const capacity = createCapacity(limits);
  const streams = new Map<string, Known<Event, Result>>();
  const retention = new Retention<Stream<Event, Result>>(limits, ({ id, key }) => {
    streams.delete(id);
    counters.evicted += 1;
    lifecycle.report({ type: 'stream-evict', id, key });
  });
  let lastEpoch = 0;
  let lastLimits = limits;
  let closing: Promise<void> | undefined;

  const observer: StreamObserver<Event, Result> = {
    onState(stream, previous) {
      const { id, key, state, fanOut } = stream;
      const { end, log } = fanOut;
      counters[previous.status] -= 1;
      counters[state.status] += 1;
      const known = streams.get(id);
      known?.cancelQueueTimer?.();
      if (end === undefined) {
        lifecycle.report({ type: state.status === 'active' ? 'stream-active' : 'stream-start', id, key });
        return;
      }
      const durationMs = (state.endedAt ?? state.createdAt) - state.createdAt;
      lifecycle.report({ type: 'stream-end', id, key, durationMs, ...end });
      retention.keep(stream, log.heldBytes + resultBytes(end.result), stream.retainMs);
      known?.place?.leave();
    },
    onEvent() {
      counters.events += 1;
    },
    onLateEvent({ id, key }) {
      counters.lateEvents += 1;
      lifecycle.report({ type: 'late-event', id, key });
    },
    onPause({ id, key }, isPaused) {
      lifecycle.report({ type: isPaused ? 'stream-pause' : 'stream-resume', id, key });
    },
    onDetach({ id, key }, error) {
      counters.detachedSubscribers += 1;
      lifecycle.report({ type: 'subscriber-detach', id, key, error });
    },
    onCoolDown: (key, untilMs) => capacity.coolDown(key, untilMs),
  };

  function create(id: string, source: StreamSource<Event, Result>, request: StartOptions): Known<Event, Result> {
    lastLimits = resolveStreamLimits(limits, request, lastLimits);
    // Higher than any before under the same id, also in an earlier process.
    lastEpoch = Math.max(lastEpoch + 1, Date.now());
    const { key, metadata } = request;
    const log = new EventLog<Event>(lastEpoch);
    const stream = new Stream<Event, Result>({ id, key, metadata, source, log, limits: lastLimits, sizeOf }, observer);
    return { stream, handle: new StreamHandle(stream) };
  }

  /** Starts a stream now or when its turn comes. Throws `max-streams`. */
  function admit(known: Known<Event, Result>): void {
    const { stream } = known;
    const { id, key } = stream;
    const place = capacity.enter(
      key,
      () => stream.run(),
      () => {
        lifecycle.report({ type: 'stream-queue', id, key });
        const limit = limits.queueTimeoutMs;
        known.cancelQueueTimer = startTimer(limit, () => {
          const message = `stream ${id} got no place within ${limit} ms`;
          stream.refuse(new StreamManagerError('queue-timeout', message, { streamId: id, limit }));
        });
      },
    );
    if (place === undefined) {
      streams.delete(id);
      counters.queued -= 1;
      counters.started -= 1;
      throw new StreamManagerError(
        'max-streams',
        `${limits.maxStreams} streams are running and ${limits.maxQueuedStreams} are queued`,
        { streamId: id, limit: limits.maxStreams },
      );
    }
    known.place = place;
    // It may have ended while it started.
    if (isEnded(stream.state)) place.leave();
  }

  function unended(): Stream<Event, Result>[] {
    return [...streams.values()].map(({ stream }) => stream).filter(({ state }) => !isEnded(state));
  }

  const manager: StreamManager<Event, Result> = {
    start(source, request = {}) {
      if (typeof source !== 'function' && typeof source?.start !== 'function') {
        throw new TypeError(`source: expected a function or an object with start(sink), got ${typeof source}`);
      }
      checkStartOptions(request);
      const { id = randomId(), onDuplicate = 'throw' } = request;
      if (closing !== undefined) {
        throw new StreamManagerError('manager-closed', `the manager is closed to stream ${id}`, { streamId: id });
      }
      const existing = streams.get(id);
      if (existing !== undefined && onDuplicate === 'join') return existing.handle;
      if (existing !== undefined) {
        throw new StreamManagerError('duplicate-id', `a stream with the id ${id} exists already`, { streamId: id });
      }
      const known = create(id, source, request);
      streams.set(id, known);
      counters.queued += 1;
      counters.started += 1;
      admit(known);
      return known.handle;
    },
    get: (id) => streams.get(id)?.handle,
    async attach(id) {
      const handle = manager.get(id);
      if (handle !== undefined) return handle;
      throw new StreamManagerError('stream-not-found', `stream ${id} is neither running nor retained`, {
        streamId: id,
      });
    },
    list: (filter = {}) =>
      [...streams.values()].map(({ stream }) => stream.info()).filter((info) => matches(info, filter)),
    stats: () => ({ ...counters, retained: retention.count, retainedBytes: retention.bytes }),
    stop(id, reason) {
      const stream = streams.get(id)?.stream;
      if (stream === undefined || isEnded(stream.state)) return false;
      stream.stop(reason);
      return true;
    },
    close({ drainMs = 0 } = {}) {
      const left = unended();
      const allEnded = Promise.all(left.map((stream) => stream.ended));
      closing ??= allEnded.then(() => {
        capacity.close();
        retention.clear();
      });
      const stop = (some: readonly Stream<Event, Result>[]): void => {
        for (const stream of some) stream.stop('manager-closed');
      };
      stop(left.filter(({ state }) => state.status === 'queued'));
      if (drainMs === 0) stop(left);
      else void allEnded.then(startTimer(drainMs, () => stop(left)));
      return closing;
    },
    [Symbol.asyncDispose]: () => manager.close(),
  };
  return manager;
}

const hexDigits = '0123456789abcdef';
const idBytes = 16;
// Random bytes for 128 ids at a time: a call of `getRandomValues` costs ten times as much as the rest of an id.
let randomBytes: Uint8Array<ArrayBuffer> | undefined;
let usedBytes = 0;

/**
 * Returns 128 random bits in hexadecimal: a stream id that cannot be guessed. The string is made in one piece; one that
 * is put together keeps its parts for as long as the stream is known, half a KB.
 */
export function randomId(): string {
  if (randomBytes === undefined || usedBytes === randomBytes.length) {
    randomBytes = crypto.getRandomValues(randomBytes ?? new Uint8Array(128 * idBytes));
    usedBytes = 0;
  }
  const codes: number[] = [];
  for (let end = usedBytes + idBytes; usedBytes < end; usedBytes += 1) {
    const byte = randomBytes[usedBytes] ?? 0;
    codes.push(hexDigits.charCodeAt(byte >> 4), hexDigits.charCodeAt(byte & 15));
  }
  return String.fromCharCode(...codes);
}

/** Returns the size of a result, which is kept as long as the history and may be larger. */
function resultBytes(result: unknown): number {
  try {
    return result === undefined ? 0 : approximateBytes(result);
  } catch {
    // The result has a getter that throws; the stream has ended all the same.
    return 0;
  }
}

function matches(info: StreamInfo, { status, key }: StreamFilter): boolean {
  const isStatus = status === undefined || (typeof status === 'string' ? [status] : status).includes(info.status);
  return isStatus && (key === undefined || info.key === key);
}
