import type { ApiKeySource } from './credentials.ts';
import { checkPathSegment } from './endpoint.ts';
import { type VertexAuth, applicationDefaultAuth } from './google-auth.ts';

/**
 * Where and as whom Vertex AI is asked, instead of the Developer API. Of the credentials the first that is given
 * counts: `accessToken`, `auth`, the client's `apiKey`; then Application Default Credentials where there is a project,
 * and the environment's API key (express mode) where there is none.
 */
export interface VertexOptions {
  /** @defaultValue `GOOGLE_CLOUD_PROJECT`, unless the client was given an API key. None: express mode */
  readonly project?: string | undefined;
  /**
   * A region, `global`, `us` or `eu`.
   * @defaultValue `GOOGLE_CLOUD_LOCATION`, unless the client was given an API key; then `'global'`
   */
  readonly location?: string | undefined;
  /** An OAuth access token, or a function that is asked before each attempt. */
  readonly accessToken?: ApiKeySource | undefined;
  /**
   * Asked before each attempt.
   * @defaultValue Application Default Credentials, by `google-auth-library`, which is loaded then and must be installed
   */
  readonly auth?: VertexAuth | undefined;
  /** The project that quota and costs are counted for. @defaultValue what the credentials say */
  readonly quotaProject?: string | undefined;
}

/** Vertex AI, with what the environment and the defaults say. */
export interface ResolvedVertexOptions {
  readonly project: string | undefined;
  readonly location: string;
  readonly accessToken: ApiKeySource | undefined;
  readonly auth: VertexAuth | undefined;
  /** Nobody named the credentials: a server on this machine needs none. */
  readonly isAuthImplied: boolean;
  readonly quotaProject: string | undefined;
}

/**
 * Fills in what the environment says, as Google's own SDK reads it. `undefined`: the Developer API is asked.
 * @throws TypeError for a project or a location that is no name
 */
export function resolveVertexOptions(
  vertex: VertexOptions | false | undefined,
  apiKey: ApiKeySource | undefined,
  env: NodeJS.ProcessEnv,
): ResolvedVertexOptions | undefined {
  if (vertex === false || (vertex === undefined && !isVertexEnvironment(env))) return undefined;
  const { accessToken, auth, quotaProject, ...place } = vertex ?? {};
  // A key that was given by hand says more than a project that is set for everything on this machine.
  const environment = apiKey === undefined || place.project !== undefined ? env : {};
  const project = place.project ?? (environment['GOOGLE_CLOUD_PROJECT'] || undefined);
  const location = place.location ?? (environment['GOOGLE_CLOUD_LOCATION'] || 'global');
  if (project !== undefined) checkPathSegment('vertex.project', project);
  // It becomes a part of the host's name.
  if (!/^[a-z][a-z\d-]*$/.test(location)) {
    throw new TypeError(`vertex.location: expected a region such as europe-west4, got ${JSON.stringify(location)}`);
  }
  const isAnyGiven = [accessToken, auth, apiKey].some((credential) => credential !== undefined);
  const defaultAuth = isAnyGiven || project === undefined ? undefined : applicationDefaultAuth(project);
  return {
    project,
    location,
    accessToken,
    auth: auth ?? defaultAuth,
    isAuthImplied: defaultAuth !== undefined,
    quotaProject,
  };
}

/** Whether the environment chooses Vertex AI: the newer name counts where both are set. */
function isVertexEnvironment(env: NodeJS.ProcessEnv): boolean {
  const choice = env['GOOGLE_GENAI_USE_ENTERPRISE'] ?? env['GOOGLE_GENAI_USE_VERTEXAI'];
  return choice?.toLowerCase() === 'true';
}
