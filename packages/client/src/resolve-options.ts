import type { EventStreamOptions } from '@gemini/http-streaming';
import { environmentApiKey, type ApiKeySource } from './credentials.ts';
import { defaultBaseUrl } from './endpoint.ts';

/** How to reach Gemini. Every limit of the transport may be given here too. */
export interface GeminiOptions extends EventStreamOptions {
  /**
   * A key, or a function that is asked before each attempt.
   * @defaultValue `GOOGLE_API_KEY`, then `GEMINI_API_KEY`; a loopback server needs none
   */
  readonly apiKey?: ApiKeySource | undefined;
  /**
   * Without a version in it.
   * @defaultValue `GEMINI_BASE_URL`, then `GOOGLE_GEMINI_BASE_URL`, then Google's Developer API
   */
  readonly baseUrl?: string | undefined;
  /** @defaultValue `'v1beta'` */
  readonly apiVersion?: string | undefined;
  /** @defaultValue `GEMINI_MODEL`, then `'gemini-flash-latest'` */
  readonly model?: string | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
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
  readonly headers: Readonly<Record<string, string>>;
  readonly allowInsecure: boolean;
  /** What the transport takes. */
  readonly http: EventStreamOptions;
}

/** Fills in what the environment and the defaults say. */
export function resolveGeminiOptions(
  options: GeminiOptions = {},
  env: NodeJS.ProcessEnv = process.env,
): ResolvedGeminiOptions {
  const { apiKey, baseUrl, apiVersion, model, headers, allowInsecure, ...http } = options;
  return {
    apiKey: apiKey ?? environmentApiKey(env),
    baseUrl: baseUrl ?? (env['GEMINI_BASE_URL'] || env['GOOGLE_GEMINI_BASE_URL'] || defaultBaseUrl),
    apiVersion: apiVersion ?? 'v1beta',
    model: model ?? (env['GEMINI_MODEL'] || 'gemini-flash-latest'),
    headers: headers ?? {},
    allowInsecure: allowInsecure ?? false,
    http,
  };
}
