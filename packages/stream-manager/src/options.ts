import type { OnLifecycle } from './lifecycle.ts';
import type { StreamCodec } from './stream-codec.ts';
import type { StreamLogProvider } from './stream-log.ts';
import type { CloseOptions, PickOptions, StartOptions, SubscribeOptions } from './types.ts';

/**
 * Options of `createStreamManager`. `Infinity` turns a limit off. `0` is a `TypeError`, except for the times
 * `lingerMs` and `retainMs`, and for the amounts `maxQueuedStreams`, `maxHistoryBytes`, `maxRetainedBytes` and
 * `maxRetainedStreams`, for which it means none.
 */
export interface StreamManagerOptions<Event = unknown, Result = never> {
  /**
   * The log through which other processes find the streams of this manager, and this manager theirs.
   * @defaultValue none: streams live in this process
   */
  readonly streamLog?: StreamLogProvider | undefined;
  /**
   * Writes events and ends as lines of text for `streamLog`.
   * @defaultValue JSON; an error keeps its name, message and code
   */
  readonly codec?: StreamCodec<Event, Result> | undefined;
  /**
   * Returns the size of an event for the byte limits below.
   * @defaultValue `approximateBytes`. An error that it throws fails the stream.
   */
  readonly sizeOf?: ((event: Event) => number) | undefined;
  /**
   * Streams that may be starting or active at a time.
   * @defaultValue 1,000. Past it streams queue, fairly between keys.
   */
  readonly maxStreams?: number | undefined;
  /**
   * The same for each `key`; streams without a key are not counted.
   * @defaultValue Infinity. Past it the key's streams queue.
   */
  readonly maxStreamsPerKey?: number | undefined;
  /**
   * Streams that may wait; 0 rejects instead of queueing.
   * @defaultValue 10,000. Past it `start` throws `max-streams`.
   */
  readonly maxQueuedStreams?: number | undefined;
  /** @defaultValue 60,000. Past it a queued stream ends as failed with `queue-timeout`. */
  readonly queueTimeoutMs?: number | undefined;
  /**
   * The size of the events that a stream keeps for replay, in bytes; the newest event is always kept.
   * @defaultValue 8 MiB. Past it the oldest events are forgotten, except those that a `pause` subscriber has not read:
   * they stay until the source has ignored the pause for as many bytes.
   */
  readonly maxHistoryBytes?: number | undefined;
  /** @defaultValue Infinity. Past it the stream is stopped with reason `max-stream-events`. */
  readonly maxStreamEvents?: number | undefined;
  /** @defaultValue Infinity. Past it the stream is stopped with reason `max-stream-bytes`. */
  readonly maxStreamBytes?: number | undefined;
  /** Counted from the start of the source. @defaultValue Infinity. Past it: stopped, `max-stream-duration`. */
  readonly maxStreamDurationMs?: number | undefined;
  /**
   * The time that a stream continues without a subscriber: since the last one left, or since its start if none came.
   * With 0 it stops as soon as the last one leaves, and continues if none ever came.
   * @defaultValue 15,000. Past it the stream is stopped with reason `no-subscribers`.
   */
  readonly lingerMs?: number | undefined;
  /** The time that an ended stream can be found and replayed. @defaultValue 60,000. Past it the stream is evicted. */
  readonly retainMs?: number | undefined;
  /**
   * The size of all ended streams: their events by `sizeOf`, and their results by `approximateBytes`.
   * @defaultValue 64 MiB. Past it the streams that ended first are evicted.
   */
  readonly maxRetainedBytes?: number | undefined;
  /** @defaultValue 10,000. Past it the streams that ended first are evicted. */
  readonly maxRetainedStreams?: number | undefined;
  /**
   * @defaultValue 256. A subscriber that lags by more events is slow. A paused source continues, and a `drop` subscriber
   * gets events again, when a quarter or less is left to read.
   */
  readonly maxLagEvents?: number | undefined;
  /** @defaultValue 1 MiB. As `maxLagEvents`, in bytes. */
  readonly maxLagBytes?: number | undefined;
  /** @defaultValue 300,000. A subscriber that pauses its source for longer is detached as `slow-subscriber`. */
  readonly maxPauseMs?: number | undefined;
  /** Called with each event in the life of a stream; the diagnostics channels `gemini:manager:*` publish the same. */
  readonly onLifecycle?: OnLifecycle | undefined;
}

/** The defaults of the limits. */
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
  maxLagEvents: 256,
  maxLagBytes: 1_048_576,
  maxPauseMs: 300_000,
};

/** The limits of a manager, each a number. */
export type ManagerLimits = Readonly<typeof defaultStreamManagerOptions>;

type LimitName = keyof ManagerLimits;

const limitNames = Object.keys(defaultStreamManagerOptions) as LimitName[];
const mayBeZero: ReadonlySet<string> = new Set([
  'drainMs',
  'lingerMs',
  'retainMs',
  'maxQueuedStreams',
  'maxHistoryBytes',
  'maxRetainedBytes',
  'maxRetainedStreams',
]);

/**
 * Fills in the defaults of the limits.
 *
 * @throws TypeError for an unknown option and for an invalid value
 */
export function resolveLimits<Event, Result>(options: StreamManagerOptions<Event, Result>): ManagerLimits {
  checkNames('createStreamManager', options, [...limitNames, 'sizeOf', 'onLifecycle', 'streamLog', 'codec']);
  checkFunctions(options, ['sizeOf', 'onLifecycle', 'streamLog']);
  checkCodec(options.codec);
  const limits = { ...defaultStreamManagerOptions };
  for (const name of limitNames) {
    const value = options[name];
    if (value !== undefined) limits[name] = checkLimit(name, value);
  }
  return limits;
}

const streamLimitNames = ['lingerMs', 'retainMs', 'maxHistoryBytes'] as const;

/**
 * Returns the manager's limits with a stream's own in their place: `before`, those of the last stream, if they are the
 * same, so that a thousand streams share one object.
 *
 * @throws TypeError for an invalid value
 */
export function resolveStreamLimits(limits: ManagerLimits, own: StartOptions, before = limits): ManagerLimits {
  if (streamLimitNames.every((name) => (own[name] ?? limits[name]) === before[name])) return before;
  const resolved = { ...limits };
  for (const name of streamLimitNames) {
    const value = own[name];
    if (value !== undefined) resolved[name] = checkLimit(name, value);
  }
  return resolved;
}

const startOptionNames = [...streamLimitNames, 'id', 'key', 'metadata', 'onDuplicate', 'shared'];
const subscribeOptionNames = ['from', 'onSlow', 'onHistoryLost', 'signal'];
const hookNames = ['pick', 'pickEnd', 'onLeave'] as const;
const iterateOptionNames = [...subscribeOptionNames, ...hookNames];
const duplicateChoices = ['throw', 'join'];
const slowChoices = ['buffer', 'pause', 'drop', 'disconnect'];
const historyChoices = ['fail', 'gap'];

/** @throws TypeError for an unknown option and for an invalid value */
export function checkStartOptions(options: StartOptions): void {
  checkNames('start', options, startOptionNames);
  checkChoice('onDuplicate', options.onDuplicate, duplicateChoices);
  const { shared } = options;
  if (shared !== undefined && typeof shared !== 'boolean') {
    throw new TypeError(`shared: expected true or false, got ${typeof shared}`);
  }
}

/** @throws TypeError for an unknown option and for an invalid value */
export function resolveCloseOptions(options: CloseOptions): { drainMs: number; handOver: boolean } {
  checkNames('close', options, ['drainMs', 'handOver']);
  const { drainMs = 0, handOver = false } = options;
  checkLimit('drainMs', drainMs);
  if (typeof handOver !== 'boolean') throw new TypeError(`handOver: expected true or false, got ${typeof handOver}`);
  return { drainMs, handOver };
}

const codecNames = ['encodeEvent', 'decodeEvent', 'encodeEnd', 'decodeEnd'] as const;

function checkCodec<Event, Result>(codec: StreamCodec<Event, Result> | undefined): void {
  if (codec === undefined) return;
  const missing = codecNames.find((name) => typeof codec?.[name] !== 'function');
  if (missing !== undefined) throw new TypeError(`codec: expected an object with ${codecNames.join(', ')}`);
}

/** @throws TypeError for an unknown option and for an invalid value */
export function checkSubscribeOptions(options: SubscribeOptions, known = subscribeOptionNames): void {
  checkNames('subscribe', options, known);
  checkChoice('onSlow', options.onSlow, slowChoices);
  checkChoice('onHistoryLost', options.onHistoryLost, historyChoices);
}

/** @throws TypeError for an unknown option and for an invalid value */
export function checkIterateOptions(options: Partial<PickOptions<never, never, {}>>): void {
  checkSubscribeOptions(options, iterateOptionNames);
  for (const name of hookNames) {
    const hook: unknown = options[name];
    if (hook === undefined || typeof hook === 'function') continue;
    throw new TypeError(`${name}: expected a function, got ${hook === null ? 'null' : typeof hook}`);
  }
}

/** @throws TypeError for an option that is not among the known names */
export function checkNames(what: string, options: object, known: readonly string[]): void {
  for (const name in options) {
    if (known.includes(name)) continue;
    const similar = known.find((option) => isSimilar(option.toLowerCase(), name.toLowerCase()));
    const suggestion = similar === undefined ? '' : `; did you mean ${similar}?`;
    throw new TypeError(`${what}: unknown option ${name}${suggestion}`);
  }
}

/** @throws TypeError for a value that is not a number above 0, or 0 if the option may be 0 */
export function checkLimit(name: string, value: unknown): number {
  if (typeof value === 'number' && (value > 0 || (value === 0 && mayBeZero.has(name)))) return value;
  const expected = mayBeZero.has(name) ? 'a number of 0 or more' : 'a number above 0 (Infinity for no limit)';
  throw new TypeError(`${name}: expected ${expected}, got ${typeof value === 'number' ? value : typeof value}`);
}

/** @throws TypeError for a value that is neither undefined nor among the choices */
export function checkChoice(name: string, value: string | undefined, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value)) return;
  throw new TypeError(`${name}: expected ${choices.join(', ')}, got ${value}`);
}

/** @throws TypeError for an option that is neither undefined nor a function */
export function checkFunctions(options: object, names: readonly string[]): void {
  for (const name of names) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value === undefined || typeof value === 'function') continue;
    throw new TypeError(`${name}: expected a function, got ${value === null ? 'null' : typeof value}`);
  }
}

/** Whether two names differ by at most two insertions, deletions or replacements. */
function isSimilar(one: string, other: string): boolean {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let index = 0; index < one.length; index += 1) {
    const next = [index + 1];
    for (let column = 0; column < other.length; column += 1) {
      const replaced = (row[column] ?? 0) + (one[index] === other[column] ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return (row[other.length] ?? 0) <= 2;
}
