import { type EventStreamOptions, type RetryPolicy, defaultRetryPolicy } from '@gemini/http-streaming';
import type { StreamManagerOptions } from '@gemini/stream-manager';
import { checkGeminiOptions } from './check-options.ts';
import { type ApiKeySource, environmentApiKey } from './request/credentials.ts';
import { defaultBaseUrl, vertexBaseUrl } from './request/endpoint.ts';
import { type ResolvedVertexOptions, type VertexOptions, resolveVertexOptions } from './request/vertex-options.ts';

/** The limits of the transport that may be given here too. Sending again is this layer's own. */
type TransportOptions = Omit<EventStreamOptions, 'retry' | 'onRetry'>;

/** What becomes of a stream when one of its events cannot be read. */
export type InvalidChunks = 'fail' | 'skip';

/** How to reach Gemini. */
export interface GeminiOptions extends TransportOptions {
  /**
   * A key, or a function that is asked before each attempt.
   * @defaultValue `GOOGLE_API_KEY`, then `GEMINI_API_KEY`; a loopback server needs none
   */
  readonly apiKey?: ApiKeySource | undefined;
  /**
   * Without a version in it.
   * @defaultValue `GEMINI_BASE_URL`, then `GOOGLE_GEMINI_BASE_URL` (at Vertex `GOOGLE_VERTEX_BASE_URL`), then Google's own
   */
  readonly baseUrl?: string | undefined;
  /** @defaultValue `'v1beta'`; at Vertex `'v1beta1'` */
  readonly apiVersion?: string | undefined;
  /** @defaultValue `GEMINI_MODEL`, then `'gemini-flash-latest'` */
  readonly model?: string | undefined;
  /**
   * Asks Vertex AI instead of the Developer API.
   * @defaultValue Vertex AI where `GOOGLE_GENAI_USE_ENTERPRISE` or `GOOGLE_GENAI_USE_VERTEXAI` is `true`; `false` never
   */
  readonly vertex?: VertexOptions | false | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How often and when a request is sent again; `false` sends each one once. */
  readonly retry?: RetryOptions | false | undefined;
  /**
   * The most that one response may hold, in characters of the JSON that it came in. With `keepContent: false` only what
   * has to be held counts, such as the arguments of a call that is not complete.
   * @defaultValue 134 217 728 (128 MiB). Past it the stream fails with `response-too-large`.
   */
  readonly maxResponseBytes?: number | undefined;
  /**
   * What to do about an event that cannot be read, such as broken JSON: end the stream, or pass it over and count it in
   * the outcome's `skippedChunks`. What it said is lost then.
   * @defaultValue `'fail'`: the stream fails with `invalid-chunk`
   */
  readonly invalidChunks?: InvalidChunks | undefined;
  /** The bounds of `gemini.streams`: how many at a time, how much is kept for replay. */
  readonly manager?: Omit<StreamManagerOptions, 'sizeOf'> | undefined;
  /**
   * Lets a key go over plain `http:` to another machine.
   * @defaultValue `false`: such a stream fails with `insecure-base-url`, and nothing is sent
   */
  readonly allowInsecure?: boolean | undefined;
}

/** The options, each with a value. */
export interface ResolvedGeminiOptions {
  readonly apiKey: ApiKeySource | undefined;
  readonly baseUrl: string;
  readonly apiVersion: string;
  readonly model: string;
  readonly vertex: ResolvedVertexOptions | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly retry: RetryPolicy;
  readonly maxResponseBytes: number;
  readonly invalidChunks: InvalidChunks;
  readonly manager: Omit<StreamManagerOptions, 'sizeOf'>;
  readonly allowInsecure: boolean;
  /** What the transport takes. */
  readonly http: EventStreamOptions;
}

/** The size of a merged response past which a stream fails. */
export const defaultMaxResponseBytes = 128 * 1024 * 1024;

/**
 * Fills in what the environment and the defaults say.
 * @throws TypeError that names the option which cannot be meant
 */
export function resolveGeminiOptions(
  options: GeminiOptions = {},
  env: NodeJS.ProcessEnv = process.env,
): ResolvedGeminiOptions {
  checkGeminiOptions(options);
  const { apiKey, baseUrl, apiVersion, model, vertex: place, headers, allowInsecure, retry, ...more } = options;
  const { maxResponseBytes, invalidChunks, manager, ...transport } = more;
  // One owner of sending again, and one of slow readers: the manager waits for those (`maxPauseMs`, 5 min), and the
  // transport's shorter patience would end the stream for all of them.
  const http = Object.freeze({ unreadTimeoutMs: Infinity, ...transport, retry: false as const });
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
    retry: resolveRetryOptions(retry),
    maxResponseBytes: maxResponseBytes ?? defaultMaxResponseBytes,
    invalidChunks: invalidChunks ?? 'fail',
    manager: manager ?? {},
    allowInsecure: allowInsecure ?? false,
    http,
  };
}

/** How often, and after what waits, one stream may be asked for. */
export interface RetryOptions {
  /**
   * Requests for one stream, whatever they are repeated for. An answer that the server itself hands over to another
   * request does not count while it goes on.
   * @defaultValue 3. Past it the stream ends with what there is.
   */
  readonly maxAttempts?: number | undefined;
  /**
   * The most that the first wait may take beside what the server asks for; it doubles with each attempt.
   * @defaultValue 500
   */
  readonly baseDelayMs?: number | undefined;
  /**
   * The longest wait.
   * @defaultValue 60 000. A server that asks for a longer one ends the stream, with `retryAfterMs` in its error.
   */
  readonly maxDelayMs?: number | undefined;
}

/** The retry options where none are given. */
export const defaultRetryOptions: RetryPolicy = defaultRetryPolicy;

/**
 * Fills in the defaults; `false` is one attempt.
 * @throws TypeError for a value that is no number in its range
 */
function resolveRetryOptions(options: RetryOptions | false = {}): RetryPolicy {
  if (options === false) return { ...defaultRetryOptions, maxAttempts: 1 };
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`retry: expected an object or false, got ${options === null ? 'null' : typeof options}`);
  }
  const valueOf = (name: keyof RetryPolicy, least: number): number => {
    const value = options[name] ?? defaultRetryOptions[name];
    if (typeof value === 'number' && value >= least) return value;
    throw new TypeError(`retry.${name}: expected a number of at least ${least}, got ${String(value)}`);
  };
  return {
    maxAttempts: valueOf('maxAttempts', 1),
    baseDelayMs: valueOf('baseDelayMs', 0),
    maxDelayMs: valueOf('maxDelayMs', 0),
  };
}
