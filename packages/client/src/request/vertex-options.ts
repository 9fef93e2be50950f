import type { ApiKeySource } from './credentials.ts';
import { checkPathSegment } from './endpoint.ts';
import { type VertexAuth, applicationDefaultAuth } from './google-auth.ts';

/**
 * The place and the credentials of Vertex AI, which takes the place of the Developer API. The first credentials that are
 * given count: `accessToken`, `auth`, the client's `apiKey`; then Application Default Credentials if there is a project,
 * and the environment's API key (express mode) if there is not.
 */
export interface VertexOptions {
  /** @defaultValue `GOOGLE_CLOUD_PROJECT`, unless the client has an API key. Without a project: express mode */
  readonly project?: string | undefined;
  /**
   * A region, `global`, `us` or `eu`.
   * @defaultValue `GOOGLE_CLOUD_LOCATION`, unless the client has an API key; then `'global'`
   */
  readonly location?: string | undefined;
  /** An OAuth access token, or a function that is asked before each attempt. */
  readonly accessToken?: ApiKeySource | undefined;
  /**
   * The source of request headers, called before each attempt.
   * @defaultValue Application Default Credentials, by `google-auth-library`, which is loaded then and must be installed
   */
  readonly auth?: VertexAuth | undefined;
  /** The project that quota and costs are counted for. @defaultValue the project of the credentials */
  readonly quotaProject?: string | undefined;
}

/** The options of Vertex AI with the values of the environment and the defaults. */
export interface ResolvedVertexOptions {
  readonly project: string | undefined;
  readonly location: string;
  readonly accessToken: ApiKeySource | undefined;
  readonly auth: VertexAuth | undefined;
  /** The credentials were not given: a server on this machine does not need them. */
  readonly isAuthImplied: boolean;
  readonly quotaProject: string | undefined;
}

/**
 * Fills in the values of the environment, as Google's own SDK reads it. Returns `undefined` for the Developer API.
 * @throws TypeError for an invalid project or location
 */
export function resolveVertexOptions(
  vertex: VertexOptions | false | undefined,
  apiKey: ApiKeySource | undefined,
  env: NodeJS.ProcessEnv,
): ResolvedVertexOptions | undefined {
  if (vertex === false || (vertex === undefined && !isVertexEnvironment(env))) return undefined;
  const { accessToken, auth, quotaProject, ...place } = vertex ?? {};
  // A key in the options counts more than a project that is set for everything on this machine.
  const environment = apiKey === undefined || place.project !== undefined ? env : {};
  const project = place.project ?? (environment['GOOGLE_CLOUD_PROJECT'] || undefined);
  const location = place.location ?? (environment['GOOGLE_CLOUD_LOCATION'] || 'global');
  if (project !== undefined) checkPathSegment('vertex.project', project);
  // It becomes part of the host name.
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

/** Whether the environment chooses Vertex AI. The newer name counts if both are set. */
function isVertexEnvironment(env: NodeJS.ProcessEnv): boolean {
  const choice = env['GOOGLE_GENAI_USE_ENTERPRISE'] ?? env['GOOGLE_GENAI_USE_VERTEXAI'];
  return choice?.toLowerCase() === 'true';
}
