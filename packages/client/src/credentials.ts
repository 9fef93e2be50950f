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

/** What one request carries. The secret is blotted out of whatever the server says. */
export interface Authorization {
  readonly headers: Readonly<Record<string, string>>;
  readonly secret: string | undefined;
}

/** The headers for one attempt: an API key, or at Vertex an access token. Throws as {@link resolveApiKey}. */
export async function authorize(
  { apiKey, vertex, headers, allowInsecure }: AuthorizationOptions,
  url: URL,
): Promise<Authorization> {
  const token = vertex?.accessToken;
  const secret = await resolveApiKey(token ?? apiKey, { url, allowInsecure });
  if (secret === undefined) return { headers, secret };
  const credential = token === undefined ? { 'x-goog-api-key': secret } : { authorization: `Bearer ${secret}` };
  return { headers: { ...headers, ...credential }, secret };
}

/** Where credentials come from, and what goes with them. */
export interface AuthorizationOptions {
  readonly apiKey: ApiKeySource | undefined;
  readonly vertex: { readonly accessToken?: ApiKeySource | undefined } | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly allowInsecure: boolean;
}

/**
 * The key for one attempt. A loopback server needs none.
 * @throws GeminiError `missing-api-key`; `api-key-failed` where the function threw; `unsupported-api-key` for a token
 * of the Live API; `insecure-base-url` where the key would cross a network in the clear
 */
export async function resolveApiKey(
  source: ApiKeySource | undefined,
  { url, allowInsecure }: CredentialPolicy,
): Promise<string | undefined> {
  const local = isLoopbackHost(url.hostname);
  const apiKey = typeof source === 'function' ? await askFor(source) : source;
  if (apiKey === undefined || apiKey === '') {
    if (local) return undefined;
    throw new GeminiError('missing-api-key', 'no API key: set GOOGLE_API_KEY or GEMINI_API_KEY, or pass apiKey');
  }
  if (apiKey.startsWith('auth_tokens/')) {
    throw new GeminiError(
      'unsupported-api-key',
      'expected an API key, got an ephemeral token (auth_tokens/…): those open the Live API only',
    );
  }
  if (url.protocol === 'http:' && !local && !allowInsecure) {
    throw new GeminiError(
      'insecure-base-url',
      `the API key would be sent unencrypted to ${url.host}: use https, or pass allowInsecure: true`,
    );
  }
  return apiKey;
}

async function askFor(source: () => string | Promise<string>): Promise<string> {
  try {
    return await source();
  } catch (cause) {
    throw new GeminiError('api-key-failed', 'the apiKey function gave no key', { cause });
  }
}
