import type { OnLifecycle } from './lifecycle.ts';

/** How a manager bounds its streams. Every duration and size may be `Infinity`, which switches that bound off. */
export interface StreamManagerOptions<Event = unknown> {
  /**
   * What an event counts for in the byte limits below.
   * @defaultValue `approximateBytes`. What it throws fails the stream.
   */
  sizeOf?: ((event: Event) => number) | undefined;
  /**
   * Streams that may be starting or active at a time.
   * @defaultValue 1,000. Past it streams queue, fairly between keys.
   */
  maxStreams?: number | undefined;
  /**
   * The same for each `key`; streams without one are not counted.
   * @defaultValue Infinity. Past it the key's streams queue.
   */
  maxStreamsPerKey?: number | undefined;
  /**
   * Streams that may wait; 0 rejects instead of queueing.
   * @defaultValue 10,000. Past it `start` throws `max-streams`.
   */
  maxQueuedStreams?: number | undefined;
  /** @defaultValue 60,000. Past it a queued stream ends as failed with `queue-timeout`. */
  queueTimeoutMs?: number | undefined;
  /**
   * What a stream keeps for replay, in bytes.
   * @defaultValue 8 MiB. Past it the oldest events are forgotten, except those a `pause` subscriber has yet to read:
   * these stay until the source has pushed as much again in spite of being asked to pause.
   */
  maxHistoryBytes?: number | undefined;
  /** @defaultValue Infinity. Past it the stream is stopped with reason `max-stream-events`. */
  maxStreamEvents?: number | undefined;
  /** @defaultValue Infinity. Past it the stream is stopped with reason `max-stream-bytes`. */
  maxStreamBytes?: number | undefined;
  /** Counted from the start of the source. @defaultValue Infinity. Past it: stopped, `max-stream-duration`. */
  maxStreamDurationMs?: number | undefined;
  /**
   * How long a stream goes on when nobody follows it: since the last subscriber left, or since its start when none
   * came. With 0 it stops the moment the last one leaves, and one that nobody came to goes on.
   * @defaultValue 15,000. Past it the stream is stopped with reason `no-subscribers`.
   */
  lingerMs?: number | undefined;
  /** How long an ended stream can be found and replayed. @defaultValue 60,000. Past it the stream is evicted. */
  retainMs?: number | undefined;
  /**
   * What ended streams hold together: their events by `sizeOf`, and what they ended with, by `approximateBytes`.
   * @defaultValue 64 MiB. Past it the streams that ended first are evicted.
   */
  maxRetainedBytes?: number | undefined;
  /** @defaultValue 10,000. Past it the streams that ended first are evicted. */
  maxRetainedStreams?: number | undefined;
  /** @defaultValue 256. A subscriber that lags by more is slow. */
  highMarkEvents?: number | undefined;
  /** @defaultValue 64. A paused source goes on, and a `drop` subscriber continues, when no more is left to read. */
  lowMarkEvents?: number | undefined;
  /** @defaultValue 1 MiB. A subscriber that lags by more is slow. */
  highMarkBytes?: number | undefined;
  /** @defaultValue 256 KiB. As `lowMarkEvents`, in bytes. */
  lowMarkBytes?: number | undefined;
  /** @defaultValue 300,000. A subscriber that holds its source back for longer is detached as `slow-subscriber`. */
  maxPauseMs?: number | undefined;
  /** Told of everything that happens to streams; also published as `gemini:manager:*` diagnostics channels. */
  onLifecycle?: OnLifecycle | undefined;
}

/** The manager's bounds when nothing is said. */
export const defaultStreamManagerOptions = {
  maxStreams: 1_000,
  maxStreamsPerKey: Infinity,
  maxQueuedStreams: 10_000,
  queueTimeoutMs: 60_000,
  maxHistoryBytes: 8 * 1_048_576,
  maxStreamEvents: Infinity,
  maxStreamBytes: Infinity,
  maxStreamDurationMs: Infinity,
  lingerMs: 15_000,
  retainMs: 60_000,
  maxRetainedBytes: 64 * 1_048_576,
  maxRetainedStreams: 10_000,
  highMarkEvents: 256,
  lowMarkEvents: 64,
  highMarkBytes: 1_048_576,
  lowMarkBytes: 262_144,
  maxPauseMs: 300_000,
};

/** The manager's bounds, every one of them a number. */
export type ManagerLimits = typeof defaultStreamManagerOptions;

const isLimitName = (name: string): name is keyof ManagerLimits => Object.hasOwn(defaultStreamManagerOptions, name);

/** Fills in the defaults. Throws a TypeError for a limit that is no number of 0 or more, or a low mark above its high. */
export function resolveLimits(options: StreamManagerOptions<never>): ManagerLimits {
  const limits = { ...defaultStreamManagerOptions };
  for (const [name, value] of Object.entries(options)) {
    if (!isLimitName(name) || value === undefined) continue;
    limits[name] = checkLimit(name, value);
  }
  // A high mark that is lowered alone takes its low mark with it.
  for (const unit of ['Events', 'Bytes'] as const) {
    const high = limits[`highMark${unit}`];
    if (options[`lowMark${unit}`] === undefined) limits[`lowMark${unit}`] = Math.min(limits[`lowMark${unit}`], high);
    if (limits[`lowMark${unit}`] > high) {
      throw new TypeError(
        `lowMark${unit} must not be above highMark${unit}: expected at most ${high}, got ${limits[`lowMark${unit}`]}`,
      );
    }
  }
  return limits;
}

type OwnLimits = Pick<StreamManagerOptions, 'lingerMs' | 'retainMs' | 'maxHistoryBytes'>;

/**
 * The manager's bounds with a stream's own in their place: `before`, the last stream's, where it asked for the same, so
 * that a thousand streams share one object. Throws a TypeError as {@link resolveLimits}.
 */
export function resolveStreamLimits(limits: ManagerLimits, own: OwnLimits, before = limits): ManagerLimits {
  const resolved = { ...limits };
  let isKnown = true;
  for (const name of ['lingerMs', 'retainMs', 'maxHistoryBytes'] as const) {
    const value = own[name];
    if (value !== undefined) resolved[name] = checkLimit(name, value);
    isKnown &&= resolved[name] === before[name];
  }
  return isKnown ? before : resolved;
}

/** The value itself when it is a number of 0 or more; throws a TypeError that names the option otherwise. */
function checkLimit(name: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0) return value;
  throw new TypeError(
    `${name}: expected a number of 0 or more, got ${typeof value === 'number' ? value : typeof value}`,
  );
}
