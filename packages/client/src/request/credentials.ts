import { isLoopbackHost } from '@gemini/http-streaming';
import { GeminiError } from '../errors.ts';
import { authHeaders } from './google-auth.ts';
import type { ResolvedVertexOptions } from './vertex-options.ts';

/** The sources of credentials, and the headers of every request. */
interface AuthorizationOptions {
  readonly apiKey: ApiKeySource | undefined;
  readonly vertex: ResolvedVertexOptions | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly allowInsecure: boolean;
}

/** The headers of one request. The secret in them is redacted in all that the server sends. */
interface Authorization {
  readonly headers: Readonly<Record<string, string>>;
  readonly secret: string | undefined;
}

/**
 * Returns the headers for one attempt, with an API key, or at Vertex an access token. A loopback server needs neither.
 * @throws GeminiError `insecure-base-url` if the secret would be sent unencrypted; `missing-api-key`; `api-key-failed`
 * if the function threw; `unsupported-api-key` for a token of the Live API; `missing-auth-library` and `auth-failed` of
 * Google's credentials
 */
export async function authorize(options: AuthorizationOptions, url: URL): Promise<Authorization> {
  const { apiKey, vertex, headers } = options;
  const isLocal = isLoopbackHost(url.hostname);
  const auth = vertex?.isAuthImplied === true && isLocal ? undefined : vertex?.auth;
  const source = vertex?.accessToken ?? (auth === undefined ? apiKey : undefined);
  if (auth === undefined && source === undefined) {
    if (isLocal) return { headers, secret: undefined };
    throw missingKey(vertex !== undefined);
  }
  if (url.protocol === 'http:' && !isLocal && !options.allowInsecure) {
    throw new GeminiError(
      'insecure-base-url',
      `the credentials would be sent unencrypted to ${url.host}: use https, or pass allowInsecure: true`,
    );
  }
  if (source === undefined && auth !== undefined) {
    const { authorization, quotaProject } = await authHeaders(auth, url);
    const quota = withQuotaProject(headers, vertex?.quotaProject ?? quotaProject);
    return { headers: { ...quota, authorization }, secret: authorization.replace(/^Bearer /i, '') };
  }
  const isToken = vertex?.accessToken !== undefined;
  const secret = typeof source === 'function' ? await askFor(source, isToken) : (source ?? '');
  if (secret === '') {
    if (isLocal) return { headers, secret: undefined };
    throw missingKey(vertex !== undefined);
  }
  if (secret.startsWith('auth_tokens/')) {
    throw new GeminiError(
      'unsupported-api-key',
      'expected an API key, got an ephemeral token (auth_tokens/…): those open the Live API only',
    );
  }
  const credential = isToken ? { authorization: `Bearer ${secret}` } : { 'x-goog-api-key': secret };
  return { headers: { ...withQuotaProject(headers, vertex?.quotaProject), ...credential }, secret };
}

function missingKey(isVertex: boolean): GeminiError {
  const advice = isVertex
    ? 'pass vertex.project for Application Default Credentials, vertex.accessToken, or an API key'
    : 'set GOOGLE_API_KEY or GEMINI_API_KEY, or pass apiKey';
  return new GeminiError('missing-api-key', `no ${isVertex ? 'credentials' : 'API key'}: ${advice}`);
}

async function askFor(source: () => string | Promise<string>, isToken: boolean): Promise<string> {
  try {
    return await source();
  } catch (cause) {
    const name = isToken ? 'accessToken function returned no token' : 'apiKey function returned no key';
    throw new GeminiError('api-key-failed', `the ${name}`, { cause });
  }
}

function withQuotaProject(
  headers: Readonly<Record<string, string>>,
  quotaProject: string | undefined,
): Readonly<Record<string, string>> {
  const name = 'x-goog-user-project';
  const isGiven = Object.keys(headers).some((given) => given.toLowerCase() === name);
  return quotaProject === undefined || isGiven ? headers : { ...headers, [name]: quotaProject };
}

/** A key, or where to get one for each attempt. */
export type ApiKeySource = string | (() => string | Promise<string>);

/** The key that the environment gives: `GOOGLE_API_KEY`, then `GEMINI_API_KEY`, which is Google's own order. */
export function environmentApiKey(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env['GOOGLE_API_KEY'] || env['GEMINI_API_KEY'] || undefined;
}
