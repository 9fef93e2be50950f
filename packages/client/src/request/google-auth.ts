import { GeminiError } from '../errors.ts';
import { redactTokens } from '../wire/redact.ts';

/** A source of request headers: a `GoogleAuth` of google-auth-library, or one of its clients. */
export interface VertexAuth {
  getRequestHeaders(url?: string): Promise<unknown>;
}

/** The scope of a token for Vertex AI. */
const scope = 'https://www.googleapis.com/auth/cloud-platform';

/**
 * Returns Application Default Credentials: the key file of `GOOGLE_APPLICATION_CREDENTIALS`, the login of `gcloud`, or
 * the machine's own account. The library caches a token while it is valid.
 */
export function applicationDefaultAuth(projectId: string): VertexAuth {
  let loading: Promise<VertexAuth> | undefined;
  return {
    async getRequestHeaders(url) {
      loading ??= loadGoogleAuth(projectId);
      return (await loading).getRequestHeaders(url);
    },
  };
}

async function loadGoogleAuth(projectId: string): Promise<VertexAuth> {
  try {
    const { GoogleAuth } = await import('google-auth-library');
    // With a project, the library does not look for one over the network.
    return new GoogleAuth({ scopes: [scope], projectId });
  } catch (cause) {
    throw new GeminiError(
      'missing-auth-library',
      'Application Default Credentials need google-auth-library: npm install google-auth-library, or pass vertex.accessToken or an API key',
      { cause },
    );
  }
}

/** The headers of Google's credentials. */
interface AuthHeaders {
  /** With its scheme: `Bearer …`. */
  readonly authorization: string;
  readonly quotaProject: string | undefined;
}

/**
 * Gets the headers of a request from Google's credentials.
 * @throws GeminiError `auth-failed`, without the library's own error, which has the request for the token
 */
export async function authHeaders(auth: VertexAuth, url: URL): Promise<AuthHeaders> {
  let given: unknown;
  try {
    given = await auth.getRequestHeaders(`${url.origin}/`);
  } catch (error) {
    if (error instanceof GeminiError) throw error;
    const reason = error instanceof Error ? error.message : typeof error;
    throw new GeminiError('auth-failed', `google-auth-library returned no token: ${redactTokens(reason)}`);
  }
  const headers = new Headers(given as ConstructorParameters<typeof Headers>[0]);
  const authorization = headers.get('authorization');
  if (authorization === null) {
    throw new GeminiError('auth-failed', 'google-auth-library returned no token: there is no authorization header');
  }
  return { authorization, quotaProject: headers.get('x-goog-user-project') ?? undefined };
}
