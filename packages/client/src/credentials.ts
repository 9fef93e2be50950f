import { isLoopbackHost } from '@gemini/http-streaming';
import { GeminiError } from './errors.ts';

/** A key, or where to get one for each attempt. */
export type ApiKeySource = string | (() => string | Promise<string>);

/** The key that the environment gives: `GOOGLE_API_KEY`, then `GEMINI_API_KEY`, which is Google's own order. */
export function environmentApiKey(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env['GOOGLE_API_KEY'] || env['GEMINI_API_KEY'] || undefined;
}

/** What a key may be sent over. */
export interface CredentialPolicy {
  readonly url: URL;
  readonly allowInsecure: boolean;
}

/**
 * The key for one attempt. A loopback server needs none.
 * @throws GeminiError `missing-api-key`; `insecure-base-url` where the key would cross a network in the clear
 */
export async function resolveApiKey(
  source: ApiKeySource | undefined,
  { url, allowInsecure }: CredentialPolicy,
): Promise<string | undefined> {
  const local = isLoopbackHost(url.hostname);
  const apiKey = typeof source === 'function' ? await source() : source;
  if (apiKey === undefined || apiKey === '') {
    if (local) return undefined;
    throw new GeminiError('missing-api-key', 'no API key: set GOOGLE_API_KEY or GEMINI_API_KEY, or pass apiKey');
  }
  if (url.protocol === 'http:' && !local && !allowInsecure) {
    throw new GeminiError(
      'insecure-base-url',
      `the API key would be sent unencrypted to ${url.host}: use https, or pass allowInsecure: true`,
    );
  }
  return apiKey;
}
