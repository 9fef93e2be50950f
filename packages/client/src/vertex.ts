import type { ApiKeySource } from './credentials.ts';

/** Where Vertex AI is asked instead of the Developer API. Without a project it is express mode, with the API key. */
export interface VertexOptions {
  readonly project?: string | undefined;
  /**
   * A region, `global`, `us` or `eu`.
   * @defaultValue `'global'`
   */
  readonly location?: string | undefined;
  /** An OAuth access token, or a function that is asked before each attempt. */
  readonly accessToken?: ApiKeySource | undefined;
}

/** The address of a location. */
export function vertexBaseUrl(location = 'global'): string {
  if (location === 'global') return 'https://aiplatform.googleapis.com';
  if (location === 'us' || location === 'eu') return `https://aiplatform.${location}.rep.googleapis.com`;
  return `https://${location}-aiplatform.googleapis.com`;
}

/**
 * A model's path at Vertex.
 * @throws TypeError for a project or location that would leave its place in the path
 */
export function vertexModelPath({ project, location = 'global' }: VertexOptions, name: string): string {
  const publisher = `publishers/google/${name}`;
  if (project === undefined) return publisher;
  for (const [field, value] of Object.entries({ project, location })) {
    if (!/^[\w:.-]+$/.test(value) || /^\.+$/.test(value)) {
      throw new TypeError(`vertex.${field}: expected a name, got ${JSON.stringify(value)}`);
    }
  }
  return `projects/${project}/locations/${location}/${publisher}`;
}
