import { approximateBytes } from './approximate-bytes.ts';
import { createCapacity, type Place } from './capacity.ts';
import { StreamManagerError } from './errors.ts';
import { EventLog } from './event-log.ts';
import { LifecycleReporter } from './lifecycle.ts';
import { StreamHandle } from './managed-stream.ts';
import {
  checkStartOptions,
  resolveCloseOptions,
  resolveLimits,
  resolveStreamLimits,
  type StreamManagerOptions,
} from './options.ts';
import { Retention } from './retention.ts';
import { closedError, encodeMetadata, type SharedEntry, SharedStreams } from './shared-streams.ts';
import { canResume, type StreamSource } from './source.ts';
import { jsonCodec } from './stream-codec.ts';
import { Stream, type StreamObserver } from './stream.ts';
import { isEnded } from './stream-state.ts';
import { startTimer, type CancelTimer } from './timer.ts';
import type { StartOptions, StreamFilter, StreamInfo, StreamManager } from './types.ts';

/** A stream that can be found by its id. */
interface Known<Event, Result> extends SharedEntry<Event, Result> {
  place?: Place | undefined;
  cancelQueueTimer?: CancelTimer | undefined;
}

/**
 * Creates a manager for streams of one kind of event.
 *
 * @throws TypeError for an unknown option and for an invalid limit
 */
export function createStreamManager<Event, Result = void>(
  options: StreamManagerOptions<Event, Result> = {},
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
  const retention = new Retention<Stream<Event, Result>>(limits, (stream) => {
    const { id, key } = stream;
    if (streams.get(id)?.stream === stream) streams.delete(id);
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

  function create(
    id: string,
    epoch: number,
    source: StreamSource<Event, Result> | undefined,
    request: StartOptions,
  ): Known<Event, Result> {
    lastLimits = resolveStreamLimits(limits, request, lastLimits);
    const { key, metadata } = request;
    const log = new EventLog<Event>(epoch);
    const stream = new Stream<Event, Result>({ id, key, metadata, source, log, limits: lastLimits, sizeOf }, observer);
    return { stream, handle: new StreamHandle(stream) };
  }

  /** Counts a stream, and starts it now or when its turn comes. Throws `max-streams`. */
  function admit(known: Known<Event, Result>): void {
    const { stream } = known;
    const { id, key } = stream;
    counters.queued += 1;
    counters.started += 1;
    const place = capacity.enter(
      key,
      () => {
        if (known.isClaiming === undefined) return stream.run();
        known.cancelQueueTimer?.();
        shared?.onPlace(known);
      },
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
    return [...streams.values()]
      .map(({ stream }) => stream)
      .filter(({ state, origin }) => !isEnded(state) && origin === undefined);
  }

  // Without a log this is all that sharing costs: an `if` in `start`.
  const shared =
    options.streamLog === undefined
      ? undefined
      : new SharedStreams<Event, Result>(options.streamLog(), options.codec ?? jsonCodec(), {
          observer,
          find: (id) => streams.get(id),
          createCopy: (id, epoch) => create(id, epoch, undefined, {}),
          add: (entry) => void streams.set(entry.stream.id, entry),
          remove(entry) {
            if (streams.get(entry.stream.id) === entry) streams.delete(entry.stream.id);
          },
          uncount(entry: Known<Event, Result>) {
            counters.queued -= 1;
            counters.started -= 1;
            entry.cancelQueueTimer?.();
            entry.place?.leave();
            entry.place = undefined;
            entry.hasPlace = false;
          },
          admit(entry) {
            // A copy that was dropped may have been started again.
            if (!streams.has(entry.stream.id)) streams.set(entry.stream.id, entry);
            try {
              admit(entry);
            } catch (error) {
              counters.queued += 1;
              counters.started += 1;
              entry.stream.refuse(error);
            }
          },
        });

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
      const log = request.shared === false ? undefined : shared;
      log?.check(id);
      const existing = streams.get(id);
      const isReplaced = existing !== undefined && onDuplicate === 'join' && mayBeLost(existing.stream, source);
      if (existing !== undefined && onDuplicate === 'join' && !isReplaced) return existing.handle;
      if (existing !== undefined && !isReplaced) {
        throw new StreamManagerError('duplicate-id', `a stream with the id ${id} exists already`, { streamId: id });
      }
      const metadata = log === undefined ? undefined : encodeMetadata(request.metadata);
      // Higher than any before under the same id, also in an earlier process.
      lastEpoch = Math.max(lastEpoch + 1, Date.now());
      const known = create(id, lastEpoch, source, request);
      streams.set(id, known);
      if (log !== undefined) known.isClaiming = true;
      try {
        admit(known);
      } catch (error) {
        streams.delete(id);
        throw error;
      }
      if (log !== undefined) {
        const { retainMs } = known.stream;
        const claim = { id, epoch: lastEpoch, retainMs, canResume: canResume(source), metadata };
        log.claim(known, claim, onDuplicate === 'join');
      }
      return known.handle;
    },
    get: (id) => streams.get(id)?.handle,
    async attach(id) {
      shared?.check(id);
      if (shared !== undefined) return shared.attach(id);
      const handle = manager.get(id);
      if (handle !== undefined) return handle;
      throw new StreamManagerError('stream-not-found', `stream ${id} is neither running nor retained`, {
        streamId: id,
      });
    },
    list: (filter = {}) =>
      [...streams.values()]
        .filter(({ stream }) => stream.origin === undefined)
        .map(({ stream }) => stream.info())
        .filter((info) => matches(info, filter)),
    stats: () => ({ ...counters, retained: retention.count, retainedBytes: retention.bytes }),
    stop(id, reason) {
      const stream = streams.get(id)?.stream;
      if (stream === undefined || isEnded(stream.state)) return false;
      stream.stop(reason);
      return true;
    },
    close(closeOptions = {}) {
      const { drainMs, handOver } = resolveCloseOptions(closeOptions);
      shared?.leave();
      const left = unended();
      const allEnded = Promise.all(left.map((stream) => stream.ended));
      closing ??= allEnded.then(() => {
        capacity.close();
        retention.clear();
        return shared?.close();
      });
      const stop = (some: readonly Stream<Event, Result>[]): void => {
        for (const stream of some) {
          if (!handOver || !stream.handOver(closedError())) stream.stop('manager-closed');
        }
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
/** The characters of the id that is being made. */
const idCodes = new Uint8Array(2 * idBytes);
const ascii = new TextDecoder();

/**
 * Returns 128 random bits in hexadecimal: a stream id that cannot be guessed. The string is made in one piece; one that
 * is put together keeps its parts for as long as the stream is known, half a KB.
 */
export function randomId(): string {
  if (randomBytes === undefined || usedBytes === randomBytes.length) {
    randomBytes = crypto.getRandomValues(randomBytes ?? new Uint8Array(128 * idBytes));
    usedBytes = 0;
  }
  for (let place = 0; place < idBytes; place += 1) {
    const byte = randomBytes[usedBytes + place] ?? 0;
    idCodes[2 * place] = hexDigits.charCodeAt(byte >> 4);
    idCodes[2 * place + 1] = hexDigits.charCodeAt(byte & 15);
  }
  usedBytes += idBytes;
  return ascii.decode(idCodes);
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

/**
 * Whether a start that joins claims the stream anyway: it is a copy, whose process may be lost, and the source can resume
 * it, as no source of this process could so far. The copy keeps its readers, and follows.
 */
function mayBeLost<Event, Result>(stream: Stream<Event, Result>, source: StreamSource<Event, Result>): boolean {
  return stream.origin !== undefined && !isEnded(stream.state) && canResume(source) && !stream.hasHeir;
}

function matches(info: StreamInfo, { status, key }: StreamFilter): boolean {
  const isStatus = status === undefined || (typeof status === 'string' ? [status] : status).includes(info.status);
  return isStatus && (key === undefined || info.key === key);
}
