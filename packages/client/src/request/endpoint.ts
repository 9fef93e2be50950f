/** The place of a model's stream. */
interface EndpointOptions {
  readonly baseUrl: string;
  readonly apiVersion: string;
  readonly model: string;
  readonly vertex?: VertexPlace | undefined;
}

/** The address of the Developer API. */
export const defaultBaseUrl = 'https://generativelanguage.googleapis.com';

/**
 * Returns the URL of `streamGenerateContent` for a model: `gemini-x`, `models/gemini-x` or `tunedModels/x`; at Vertex
 * also the names of {@link vertexModelPath}; behind a gateway any path of names. A base URL that ends in a version keeps
 * it, and its query is kept.
 * @throws TypeError for an invalid base URL, and for a model name that would change the rest of the path
 */
export function streamUrl({ baseUrl, apiVersion, model, vertex }: EndpointOptions): URL {
  const base = parseBaseUrl(baseUrl);
  const path = base.pathname.endsWith('/') ? base.pathname : `${base.pathname}/`;
  const isGoogle = /(?:^|\.)googleapis\.com$/.test(base.hostname);
  const place = vertex === undefined ? modelPath(model, isGoogle) : vertexModelPath(vertex, model);
  const version = /\/v\d+(?:(?:alpha|beta)\d*)?\/$/.test(path) ? '' : `${apiVersion}/`;
  const url = new URL(`${path}${version}${place}:streamGenerateContent`, base);
  for (const [name, value] of base.searchParams) url.searchParams.append(name, value);
  url.searchParams.set('alt', 'sse');
  return url;
}

/**
 * Returns the URL of the Interactions API: of all interactions, or of one, whose id is encoded.
 * @throws TypeError for an invalid base URL, and at Vertex without a project
 */
export function interactionUrl(
  { baseUrl, apiVersion, vertex }: Omit<EndpointOptions, 'model'>,
  id?: string,
  action?: 'cancel',
): URL {
  const base = parseBaseUrl(baseUrl);
  const path = base.pathname.endsWith('/') ? base.pathname : `${base.pathname}/`;
  const version = /\/v\d+(?:(?:alpha|beta)\d*)?\/$/.test(path) ? '' : `${apiVersion}/`;
  if (vertex !== undefined && vertex.project === undefined) {
    throw new TypeError('vertex.project: expected a project for interactions, got undefined');
  }
  const place = vertex === undefined ? '' : `projects/${vertex.project}/locations/${vertex.location}/`;
  const one = id === undefined ? '' : `/${encodeURIComponent(id)}`;
  const url = new URL(`${path}${version}${place}interactions${one}${action === undefined ? '' : `/${action}`}`, base);
  for (const [name, value] of base.searchParams) url.searchParams.append(name, value);
  return url;
}

function modelPath(model: string, isGoogle: boolean): string {
  // Gateways have names of their own: `google/gemini-x`, `gemini-x:free`.
  if (!isGoogle && /^[\w.@:-]+(?:\/[\w.@:-]+)*$/.test(model) && !/(?:^|\/)\.+(?:\/|$)/.test(model)) {
    return /^(?:models|tunedModels|publishers|projects|endpoints)\//.test(model) ? model : `models/${model}`;
  }
  const name = model.includes('/') ? model : `models/${model}`;
  if (!/^(?:models|tunedModels)\/[\w.@-]+$/.test(name) || /\/\.+$/.test(name)) {
    throw new TypeError(`model: expected a name such as gemini-flash-latest, got ${JSON.stringify(model)}`);
  }
  return name;
}

function parseBaseUrl(baseUrl: string): URL {
  if (!URL.canParse(baseUrl)) throw new TypeError(`baseUrl: expected a URL, got ${JSON.stringify(baseUrl)}`);
  return new URL(baseUrl);
}

/** Returns the address of a location: a region, `global`, or one of the multi-regions `us` and `eu`. */
export function vertexBaseUrl(location: string): string {
  if (location === 'global') return 'https://aiplatform.googleapis.com';
  if (location === 'us' || location === 'eu') return `https://aiplatform.${location}.rep.googleapis.com`;
  return `https://${location}-aiplatform.googleapis.com`;
}

/** The project and location of a model. */
interface VertexPlace {
  readonly project: string | undefined;
  readonly location: string;
}

/**
 * Returns a model's path at Vertex: `gemini-x`, `models/gemini-x`, `publishers/google/models/gemini-x`, `endpoints/123` for a
 * tuned one, or a whole path that begins with `projects/`.
 * @throws TypeError for any other name, and for an endpoint in express mode, which has no project
 */
function vertexModelPath({ project, location }: VertexPlace, model: string): string {
  const segments = model.split('/');
  for (const segment of segments) checkPathSegment('model', segment, model);
  // The text after a colon would be another method.
  if (segments.at(-1)?.includes(':')) throw noModel(model);
  if (segments[0] === 'projects') return model;
  const path = pathInLocation(segments);
  if (path === undefined) throw noModel(model);
  if (project !== undefined) return `projects/${project}/locations/${location}/${path}`;
  if (segments[0] === 'endpoints') {
    throw new TypeError(`model: expected a published model without vertex.project, got ${JSON.stringify(model)}`);
  }
  return path;
}

function noModel(model: string): TypeError {
  return new TypeError(`model: expected a name such as gemini-flash-latest, got ${JSON.stringify(model)}`);
}

function pathInLocation(segments: readonly string[]): string | undefined {
  const [kind, name] = segments;
  if (segments.length === 1) return `publishers/google/models/${kind}`;
  if (segments.length === 2 && kind === 'models') return `publishers/google/models/${name}`;
  if (segments.length === 2 && kind === 'endpoints') return segments.join('/');
  if (segments.length === 4 && kind === 'publishers' && segments[2] === 'models') return segments.join('/');
  return undefined;
}

/**
 * Checks one segment of a path.
 * @throws TypeError for a segment that would change the rest of the path
 */
export function checkPathSegment(name: string, segment: string, whole = segment): void {
  if (/^[\w:.@-]+$/.test(segment) && !/^\.+$/.test(segment)) return;
  throw new TypeError(`${name}: expected a name, got ${JSON.stringify(whole)}`);
}
