import { GeminiError } from '../errors/errors.ts';
import type { VertexAuth } from './vertex-auth.ts';

/** What a token for Vertex AI must be good for. */
const scope = 'https://www.googleapis.com/auth/cloud-platform';

/**
 * Application Default Credentials: a key file that `GOOGLE_APPLICATION_CREDENTIALS` names, the login of `gcloud`, or
 * the machine's own account. The library behind it keeps a token for as long as it is good.
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
    // With the project it need not ask Google for one.
    return new GoogleAuth({ scopes: [scope], projectId });
  } catch (cause) {
    throw new GeminiError(
      'missing-auth-library',
      'Application Default Credentials need google-auth-library: npm install google-auth-library, or pass vertex.accessToken or an API key',
      { cause },
    );
  }
}
