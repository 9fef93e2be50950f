import {
  type EventStreamOptions,
  type RetryOptions,
  type RetryPolicy,
  defaultEventStreamOptions,
  refuseUnknown,
  resolveEventStreamOptions,
  resolveRetryOptions,
} from '@gemini/http-streaming';
import type { StreamCodec, StreamLogProvider, StreamManagerOptions } from '@gemini/stream-manager';
import {
  aBoolean,
  aFunction,
  aString,
  anObject,
  either,
  expectValid,
  kind,
  objectOf,
  objectWith,
  optional,
} from './check.ts';
import { type ApiKeySource, environmentApiKey } from './request/credentials.ts';
import { defaultBaseUrl, vertexBaseUrl } from './request/endpoint.ts';
import { type ModelChoice, checkFirstContentTimeout, resolveModels } from './request/models.ts';
import { type ResolvedVertexOptions, type VertexOptions, resolveVertexOptions } from './request/vertex-options.ts';
import type { EmptyAnswer, StoredStreamEvent, StreamOutcome, UsageEvents } from './types.ts';
import { kindOf } from './wire/guard.ts';

/** The limits of the transport, which are options of a client too. Retry belongs to this layer. */
type TransportOptions = Omit<EventStreamOptions, 'retry' | 'onRetry'>;

/** Whether an event that cannot be read fails the stream or is skipped. */
export type InvalidChunks = 'fail' | 'skip';

/** The bounds of a client's streams. Sizes are its own. */
type ManagerOptions = Omit<StreamManagerOptions, 'sizeOf' | 'streamLog' | 'codec'>;

/** Options of a client. */
export interface GeminiOptions extends TransportOptions {
  /**
   * A key, or a function that returns one and is called before each attempt.
   * @defaultValue `GOOGLE_API_KEY`, then `GEMINI_API_KEY`; a loopback server needs none
   */
  readonly apiKey?: ApiKeySource | undefined;
  /**
   * The address of the API, without a version in it.
   * @defaultValue `GEMINI_BASE_URL`, then `GOOGLE_GEMINI_BASE_URL` (at Vertex `GOOGLE_VERTEX_BASE_URL`), then Google's own
   */
  readonly baseUrl?: string | undefined;
  /** @defaultValue `'v1beta'`; at Vertex `'v1beta1'` */
  readonly apiVersion?: string | undefined;
  /**
   * A model, or several: the next one is asked if the one before cannot answer now.
   * @defaultValue `GEMINI_MODEL`, then `'gemini-flash-latest'`
   */
  readonly model?: ModelChoice | undefined;
  /**
   * Uses Vertex AI in the place of the Developer API.
   * @defaultValue Vertex AI if `GOOGLE_GENAI_USE_ENTERPRISE` or `GOOGLE_GENAI_USE_VERTEXAI` is `true`; `false` never
   */
  readonly vertex?: VertexOptions | false | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The attempts of one stream and the waits between them; `false` sends each request once. */
  readonly retry?: RetryOptions | false | undefined;
  /**
   * The most time from a request to the first content of its answer, in milliseconds: text, a thought, a call or a file.
   * Keep-alives and token counts are no content, and a stream that is not read does not age.
   * @defaultValue Infinity. Past it the next model is asked, or the stream fails with `first-content-timeout`.
   */
  readonly firstContentTimeoutMs?: number | undefined;
  /**
   * The most that one response may hold, in characters of the JSON that it came in. With `keepContent: false` only what
   * has to be held counts, such as the arguments of a call that is not complete.
   * @defaultValue 134 217 728 (128 MiB). Past it the stream fails with `response-too-large`.
   */
  readonly maxResponseBytes?: number | undefined;
  /**
   * Fails the stream at an event that cannot be read, such as broken JSON, or skips that event and counts it in the
   * outcome's `skippedChunks`. Its content is then lost.
   * @defaultValue `'fail'`: the stream fails with `invalid-chunk`
   */
  readonly invalidChunks?: InvalidChunks | undefined;
  /**
   * The consequence of an answer with a finish reason, but without anything to use. `retry` adds one request to the stream,
   * and then fails; `complete` ends it as `completed`.
   * @defaultValue `'fail'`: the stream fails with `empty-answer`
   */
  readonly emptyAnswer?: EmptyAnswer | undefined;
  /**
   * When the token counts of a stream are an event. They change with nearly every chunk, and each event is kept for replay:
   * `changes` about doubles the events of a stream. `stream.usage` has the counts at any time.
   * @defaultValue `'final'`: one event when a request ends, also after a failed or cut answer
   */
  readonly usageEvents?: UsageEvents | undefined;
  /** The bounds of `gemini.streams`: the number of streams and the history for replay. */
  readonly manager?: ManagerOptions | undefined;
  /**
   * The log through which any process serves a stream that `startStream` or `interactions.start` started in another one.
   * @defaultValue none: a stream is found in its own process
   */
  readonly streamLog?: StreamLogProvider | undefined;
  /**
   * Writes events and ends for `streamLog`, for example encrypted.
   * @defaultValue `geminiCodec()`: JSON, from which errors and outcomes come back as they were
   */
  readonly codec?: StreamCodec<StoredStreamEvent, StreamOutcome> | undefined;
  /**
   * Allows a key to be sent over plain `http:` to another machine.
   * @defaultValue `false`: such a stream fails with `insecure-base-url`, and nothing is sent
   */
  readonly allowInsecure?: boolean | undefined;
}

/** The options, each with a value. */
export interface ResolvedGeminiOptions {
  readonly apiKey: ApiKeySource | undefined;
  readonly baseUrl: string;
  readonly apiVersion: string;
  readonly model: ModelChoice;
  readonly vertex: ResolvedVertexOptions | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly retry: RetryPolicy;
  readonly firstContentTimeoutMs: number;
  readonly maxResponseBytes: number;
  readonly invalidChunks: InvalidChunks;
  readonly emptyAnswer: EmptyAnswer;
  readonly usageEvents: UsageEvents;
  readonly manager: ManagerOptions;
  readonly streamLog: StreamLogProvider | undefined;
  readonly codec: StreamCodec<StoredStreamEvent, StreamOutcome> | undefined;
  readonly allowInsecure: boolean;
  /** The options of the transport. */
  readonly http: EventStreamOptions;
}

/** The size of a merged response past which a stream fails. */
export const defaultMaxResponseBytes = 128 * 1024 * 1024;

/** Checks a key or token, or a function that returns one. */
export const secretCheck = kind(
  'a string or a function',
  (value) => typeof value === 'string' || typeof value === 'function',
);

/** Checks the option `emptyAnswer`, of a client and of a stream. */
export const emptyAnswerCheck = kind("'fail', 'complete' or 'retry'", (value) =>
  ['fail', 'complete', 'retry'].includes(value as string),
);

/** Checks the option `usageEvents`, of a client and of a stream. */
export const usageEventsCheck = kind("'final' or 'changes'", (value) => value === 'final' || value === 'changes');

const vertexCheck = objectWith({
  project: optional(aString),
  location: optional(aString),
  accessToken: optional(secretCheck),
  auth: optional(objectWith({ getRequestHeaders: aFunction })),
  quotaProject: optional(aString),
});

/** The checks of this layer's own options. Those of the transport and of `retry` are checked by the transport. */
const checks = {
  apiKey: optional(secretCheck),
  baseUrl: optional(aString),
  apiVersion: optional(aString),
  vertex: optional(
    either(
      kind('false', (value) => value === false),
      vertexCheck,
    ),
  ),
  headers: optional(objectOf(aString)),
  maxResponseBytes: optional(kind('a number above 0', (value) => typeof value === 'number' && value > 0)),
  invalidChunks: optional(kind("'fail' or 'skip'", (value) => value === 'fail' || value === 'skip')),
  emptyAnswer: optional(emptyAnswerCheck),
  usageEvents: optional(usageEventsCheck),
  manager: optional(anObject),
  streamLog: optional(aFunction),
  codec: optional(anObject),
  allowInsecure: optional(aBoolean),
} as const;
const optionsCheck = objectWith(checks);
const optionNames = [
  ...Object.keys(checks),
  'model',
  'firstContentTimeoutMs',
  'retry',
  'dispatcher',
  ...Object.keys(defaultEventStreamOptions),
];

/**
 * Fills in the values of the environment and the defaults.
 * @throws TypeError for an unknown option and for an invalid value
 */
export function resolveGeminiOptions(
  options: GeminiOptions = {},
  env: NodeJS.ProcessEnv = process.env,
): ResolvedGeminiOptions {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`options: expected an object, got ${kindOf(options)}`);
  }
  refuseUnknown('', options, optionNames);
  expectValid(optionsCheck, options);
  const { apiKey, baseUrl, apiVersion, model, vertex: place, headers, allowInsecure, retry, ...more } = options;
  const {
    firstContentTimeoutMs = Infinity,
    maxResponseBytes,
    invalidChunks,
    emptyAnswer,
    usageEvents,
    manager,
    streamLog,
    codec,
    ...transport
  } = more;
  for (const name of ['streamLog', 'codec']) {
    if (manager !== undefined && name in manager) throw new TypeError(`manager.${name}: expected none, but ${name}`);
  }
  const limits = { retry: resolveRetryOptions(retry), firstContentTimeoutMs };
  checkFirstContentTimeout(firstContentTimeoutMs, 'firstContentTimeoutMs');
  if (model !== undefined) resolveModels(model, limits);
  // This layer retries, and the manager waits for slow readers (`maxPauseMs`, 5 min): the transport's shorter limit
  // would end the stream for all of them.
  const http = Object.freeze({ unreadTimeoutMs: Infinity, ...transport, retry: false as const });
  resolveEventStreamOptions(http);
  const vertex = resolveVertexOptions(place, apiKey, env);
  const googleUrl =
    vertex === undefined
      ? env['GOOGLE_GEMINI_BASE_URL'] || defaultBaseUrl
      : env['GOOGLE_VERTEX_BASE_URL'] || vertexBaseUrl(vertex.location);
  return {
    apiKey: apiKey ?? environmentApiKey(env),
    baseUrl: baseUrl ?? (env['GEMINI_BASE_URL'] || googleUrl),
    apiVersion: apiVersion ?? (vertex === undefined ? 'v1beta' : 'v1beta1'),
    model: model ?? (env['GEMINI_MODEL'] || 'gemini-flash-latest'),
    vertex,
    headers: headers ?? {},
    ...limits,
    maxResponseBytes: maxResponseBytes ?? defaultMaxResponseBytes,
    invalidChunks: invalidChunks ?? 'fail',
    emptyAnswer: emptyAnswer ?? 'fail',
    usageEvents: usageEvents ?? 'final',
    manager: manager ?? {},
    streamLog,
    codec,
    allowInsecure: allowInsecure ?? false,
    http,
  };
}
