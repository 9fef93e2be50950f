import { fullSpeed, type Pace, resolvePace } from './answers/pace.ts';
import type { ScriptedReply } from './answers/script.ts';
import type { Cassette } from './cassette/cassette.ts';
import { checkRecording, type Recording } from './cassette/recording.ts';
import type { Fault } from './faults/faults.ts';
import type { Scenario } from './scenarios/scenario.ts';
import type { ApiKeyOptions } from './server/access.ts';
import type { EmulatorRequest } from './server/request-log.ts';
import { editDistance } from './wire/nearest-names.ts';

/** Options of a recording proxy. */
export interface RecordOptions {
  /** The base URL of the server to record, without an API version. It receives only the caller's credentials. */
  readonly target: string;
  /** The file of the cassette. An existing file is overwritten. */
  readonly file: string;
  /**
   * The largest response body in bytes. The recorder holds an exchange in memory until it ends, so it cuts a larger body
   * here, for the client and in the cassette, and `close()` rejects with both numbers. `Infinity` turns the limit off.
   * @defaultValue 256 MiB
   */
  readonly maxExchangeBytes?: number | undefined;
}

/** Options of a replay. */
export interface ReplayOptions {
  /** The file of the cassette. Required unless `cassette` is given. */
  readonly file?: string | undefined;
  /** A cassette that `readCassette` returned, or some of its exchanges, instead of a file. */
  readonly cassette?: Cassette | undefined;
  /** The speed: 1 as recorded, 2 twice as fast, 0 without waiting. @defaultValue 1 */
  readonly speed?: number | undefined;
  /** Finds an exchange by method, path and body (`request`), or takes the next one for any request (`order`). @defaultValue 'request' */
  readonly match?: 'request' | 'order' | undefined;
}

/** Options of an emulator. */
export interface EmulatorOptions {
  /** The port to listen on. 0 takes a free port. @defaultValue 0 */
  readonly port?: number | undefined;
  /** The address to listen on. Any other than loopback admits other machines, under any `Host` name. @defaultValue '127.0.0.1' */
  readonly host?: string | undefined;
  /** The seed of the answers and the random faults. The same seed and prompt give the same answer. @defaultValue 0 */
  readonly seed?: number | undefined;
  /** Fields that differ from `fullSpeed` (no waits, six tokens per chunk). @defaultValue fullSpeed */
  readonly pace?: Partial<Pace> | undefined;
  /** The API keys that the emulator accepts and refuses. @defaultValue refuses only `bad-key` */
  readonly apiKey?: ApiKeyOptions | undefined;
  /** The name of a scenario, a custom scenario, or the faults of every request. @defaultValue no faults */
  readonly scenario?: string | Scenario | readonly Fault[] | undefined;
  /** Replies for matching requests; the first match answers. The emulator composes the answers to other requests. @defaultValue [] */
  readonly script?: readonly ScriptedReply[] | undefined;
  /** Refuses requests that no scripted reply matches with `FAILED_PRECONDITION`. @defaultValue false */
  readonly strict?: boolean | undefined;
  /** Answers every call of a model with these bytes instead of the emulator's own text. */
  readonly recording?: Recording | undefined;
  /**
   * Refuses histories in which the first call of a turn has lost its thought signature, as the API does for Gemini 3.
   * @defaultValue false
   */
  readonly checkThoughtSignatures?: boolean | undefined;
  /** Forwards every call to another server and records the answers. */
  readonly record?: RecordOptions | undefined;
  /** Answers every call from a cassette. */
  readonly replay?: ReplayOptions | undefined;
  /** Names of additional models. @defaultValue [] */
  readonly models?: readonly string[] | undefined;
  /** The largest request body in bytes. A larger one gets the API's error. `Infinity` turns the limit off. @defaultValue 20 MiB */
  readonly maxBodyBytes?: number | undefined;
  /** Called when a request has ended, with its record. An error that it throws is not caught. @defaultValue nothing is called */
  readonly onRequestEnd?: ((request: EmulatorRequest) => void) | undefined;
}

/** The options with their defaults filled in. */
export interface ResolvedOptions extends EmulatorOptions {
  readonly port: number;
  readonly host: string;
  readonly seed: number;
  readonly pace: Pace;
  readonly models: readonly string[];
  readonly maxBodyBytes: number;
}

/** The default values of the options that have a single one. */
export const defaultEmulatorOptions = {
  port: 0,
  host: '127.0.0.1',
  seed: 0,
  models: [],
  maxBodyBytes: 20 * 1024 * 1024,
} as const;

const names = {
  apiKey: nameList<ApiKeyOptions>({ accepted: 1, refused: 1, required: 1 }),
  pace: nameList<Pace>({ timeToFirstTokenMs: 1, tokensPerSecond: 1, jitter: 1, burst: 1 }),
  record: nameList<RecordOptions>({ target: 1, file: 1, maxExchangeBytes: 1 }),
  recording: nameList<Recording>({
    body: 1,
    contentType: 1,
    status: 1,
    contentEncoding: 1,
    chunkBytes: 1,
    delayMs: 1,
  }),
  replay: nameList<ReplayOptions>({ file: 1, cassette: 1, speed: 1, match: 1 }),
};
const optionNames = nameList<EmulatorOptions>({
  port: 1,
  host: 1,
  seed: 1,
  pace: 1,
  apiKey: 1,
  scenario: 1,
  script: 1,
  strict: 1,
  recording: 1,
  checkThoughtSignatures: 1,
  record: 1,
  replay: 1,
  models: 1,
  maxBodyBytes: 1,
  onRequestEnd: 1,
});

/**
 * Returns the options with their defaults filled in.
 * @throws TypeError for an unknown option or an invalid value
 */
export function resolveOptions(options: EmulatorOptions): ResolvedOptions {
  refuseUnknown('', options, optionNames);
  for (const [name, known] of Object.entries(names)) {
    const given = options[name as keyof typeof names];
    if (given !== undefined) refuseUnknown(`${name}.`, given, known);
  }
  const defaults = defaultEmulatorOptions;
  const { port = defaults.port, host = defaults.host, seed = defaults.seed } = options;
  const { models = defaults.models, maxBodyBytes = defaults.maxBodyBytes } = options;
  checkInteger('port', port, 0, 65_535);
  checkInteger('seed', seed, 0, 0xffffffff);
  checkLimit('maxBodyBytes', maxBodyBytes);
  if (options.onRequestEnd !== undefined && typeof options.onRequestEnd !== 'function') {
    throw new TypeError(`onRequestEnd: expected a function, got ${typeof options.onRequestEnd}`);
  }
  if (options.recording !== undefined) checkRecording(options.recording);
  checkSources(options);
  return { ...options, port, host, seed, models, maxBodyBytes, pace: resolvePace(options.pace, fullSpeed) };
}

function checkSources({ recording, record, replay }: EmulatorOptions): void {
  const given = Object.entries({ recording, record, replay }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (given.length > 1) throw new TypeError(`expected one of recording, record and replay, got ${given.join(' and ')}`);
  if (record !== undefined && !/^https?:$/u.test(URL.canParse(record.target) ? new URL(record.target).protocol : '')) {
    throw new TypeError('record.target: expected an http or https URL');
  }
  if (record?.maxExchangeBytes !== undefined) checkLimit('record.maxExchangeBytes', record.maxExchangeBytes);
  if (replay !== undefined && (replay.file === undefined) === (replay.cassette === undefined)) {
    throw new TypeError(
      `replay: expected one of file and cassette, got ${replay.file === undefined ? 'neither' : 'both'}`,
    );
  }
  const speed = replay?.speed ?? 1;
  if (!(speed >= 0)) throw new TypeError(`replay.speed: expected a number of at least 0, got ${String(speed)}`);
}

function checkInteger(name: string, value: unknown, min: number, max: number): void {
  if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return;
  throw new TypeError(`${name}: expected an integer from ${min} to ${max}, got ${String(value)}`);
}

function checkLimit(name: string, value: unknown): void {
  if (typeof value === 'number' && value > 0) return;
  throw new TypeError(`${name}: expected a number above 0 (Infinity turns it off), got ${String(value)}`);
}

function nameList<Options>(options: { readonly [Name in keyof Required<Options>]: 1 }): readonly string[] {
  return Object.keys(options);
}

function refuseUnknown(prefix: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const near = known.find((each) => isNear(each.toLowerCase(), name.toLowerCase()));
    const hint = near === undefined ? `expected one of ${known.join(', ')}` : `did you mean ${prefix}${near}?`;
    throw new TypeError(`${prefix}${name}: unknown option, ${hint}`);
  }
}

/** Returns whether the names differ only by a unit at the end, or by at most two edits. */
function isNear(known: string, given: string): boolean {
  return known === `${given}ms` || known === `${given}bytes` || editDistance(known, given) <= 2;
}
