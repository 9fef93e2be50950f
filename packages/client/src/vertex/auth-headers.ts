import { GeminiError } from '../errors/errors.ts';
import type { VertexAuth } from './vertex-auth.ts';

/** What Google's credentials say of a request. */
export interface AuthHeaders {
  /** With its scheme: `Bearer …`. */
  readonly authorization: string;
  readonly quotaProject: string | undefined;
}

/** The longest reason that is passed on. */
const maxReasonLength = 300;

/**
 * Asks Google's credentials for the headers of a request.
 * @throws GeminiError `auth-failed`, without the library's own error: that one holds the request for the token
 */
export async function authHeaders(auth: VertexAuth, url: URL): Promise<AuthHeaders> {
  let given: unknown;
  try {
    given = await auth.getRequestHeaders(`${url.origin}/`);
  } catch (error) {
    if (error instanceof GeminiError) throw error;
    const reason = error instanceof Error ? error.message : typeof error;
    throw new GeminiError('auth-failed', `Google's credentials gave no token: ${blotSecrets(reason)}`);
  }
  const headers = new Headers(given as ConstructorParameters<typeof Headers>[0]);
  const authorization = headers.get('authorization');
  if (authorization === null) {
    throw new GeminiError('auth-failed', "Google's credentials gave no token: there is no authorization header");
  }
  return { authorization, quotaProject: headers.get('x-goog-user-project') ?? undefined };
}

// A server may say a token or an assertion back in its refusal.
function blotSecrets(reason: string): string {
  return reason.slice(0, maxReasonLength).replaceAll(/[\w+=.-]{40,}/g, '[redacted]');
}
