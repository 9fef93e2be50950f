import { fullSpeed, type Pace, resolvePace } from './answers/pace.ts';
import type { ScriptedReply } from './answers/script.ts';
import type { Cassette } from './cassette/cassette.ts';
import { checkRecording, type Recording } from './cassette/recording.ts';
import type { Fault } from './faults/faults.ts';
import type { Scenario } from './scenarios/scenario.ts';
import type { ApiKeyOptions } from './server/access.ts';

/** Recording as a proxy. */
export interface RecordOptions {
  /** The base URL of the server that answers, without an API version. Only the credentials of the caller reach it. */
  readonly target: string;
  /** Where the cassette is written. A file that is there is overwritten. */
  readonly file: string;
  /**
   * The largest body that is passed on, in bytes: an exchange is held in memory until it is over. A larger one is cut
   * there, in the cassette too, and `close()` rejects, naming both figures.
   * @defaultValue 256 MiB
   */
  readonly maxExchangeBytes?: number | undefined;
}

/** Replaying what was recorded. */
export interface ReplayOptions {
  /** Where the cassette is. Needed unless `cassette` is given. */
  readonly file?: string | undefined;
  /** What `readCassette` made, or a part of it, instead of a file. */
  readonly cassette?: Cassette | undefined;
  /** 1: as it was; 2: twice as fast; 0: without waiting. @defaultValue 1 */
  readonly speed?: number | undefined;
  /** `request`: by method, path and body; `order`: one after another, whatever is asked. @defaultValue 'request' */
  readonly match?: 'request' | 'order' | undefined;
}

/** How an emulator is set up. */
export interface EmulatorOptions {
  /** @defaultValue 0, a free port */
  readonly port?: number | undefined;
  /** The address to listen on. One that is not loopback lets other machines in, and any `Host` name. @defaultValue '127.0.0.1' */
  readonly host?: string | undefined;
  /** The same seed and prompt give the same answer and the same random faults. @defaultValue 0 */
  readonly seed?: number | undefined;
  /** @defaultValue full speed: no waits, six tokens a chunk */
  readonly pace?: Partial<Pace> | undefined;
  readonly apiKey?: ApiKeyOptions | undefined;
  /** A scenario by its name, a scenario of your own, or the faults of every request. @defaultValue none: no faults */
  readonly scenario?: string | Scenario | readonly Fault[] | undefined;
  /** Replies for requests that match; the first match is taken. @defaultValue []: the emulator makes its own */
  readonly script?: readonly ScriptedReply[] | undefined;
  /** Refuse with `FAILED_PRECONDITION` what no scripted reply matches. @defaultValue false */
  readonly strict?: boolean | undefined;
  /** Answers every call of a model with these bytes instead of the emulator's own text. */
  readonly recording?: Recording | undefined;
  /**
   * Refuse, as the API does for Gemini 3, a history in which the first call of a turn has lost its thought signature.
   * @defaultValue false
   */
  readonly checkThoughtSignatures?: boolean | undefined;
  /** Passes every call on to another server and records what comes back. */
  readonly record?: RecordOptions | undefined;
  /** Answers from a cassette. */
  readonly replay?: ReplayOptions | undefined;
  /** Names of more models that exist. @defaultValue [] */
  readonly models?: readonly string[] | undefined;
  /** A larger request body is refused as the API refuses it. @defaultValue 20 MiB */
  readonly maxBodyBytes?: number | undefined;
}

/** The options with every default filled in. */
export interface ResolvedOptions extends EmulatorOptions {
  readonly port: number;
  readonly host: string;
  readonly seed: number;
  readonly pace: Pace;
  readonly models: readonly string[];
  readonly maxBodyBytes: number;
}

/** What holds where an option is not given. */
export const emulatorDefaults = {
  port: 0,
  host: '127.0.0.1',
  seed: 0,
  models: [],
  maxBodyBytes: 20 * 1024 * 1024,
} as const;

/** The options with their defaults. Throws a `TypeError` for a value that is out of range. */
export function resolveOptions(options: EmulatorOptions): ResolvedOptions {
  const { port = emulatorDefaults.port, host = emulatorDefaults.host, seed = emulatorDefaults.seed } = options;
  const { models = emulatorDefaults.models, maxBodyBytes = emulatorDefaults.maxBodyBytes } = options;
  checkInteger('port', port, 0, 65_535);
  checkInteger('seed', seed, 0, 0xffffffff);
  checkInteger('maxBodyBytes', maxBodyBytes, 1, Number.MAX_SAFE_INTEGER);
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
  if (record?.maxExchangeBytes !== undefined) {
    checkInteger('record.maxExchangeBytes', record.maxExchangeBytes, 1, Number.MAX_SAFE_INTEGER);
  }
  if (replay !== undefined && (replay.file === undefined) === (replay.cassette === undefined)) {
    throw new TypeError('replay: expected one of file and cassette');
  }
  const speed = replay?.speed ?? 1;
  if (!(speed >= 0 && Number.isFinite(speed)))
    throw new TypeError(`replay.speed: expected 0 or more, got ${String(speed)}`);
}

function checkInteger(name: string, value: unknown, low: number, high: number): void {
  if (Number.isInteger(value) && Number(value) >= low && Number(value) <= high) return;
  throw new TypeError(`${name}: expected an integer from ${low} to ${high}, got ${String(value)}`);
}
