import { vertexModelPath, type VertexPlace } from '../vertex/vertex-endpoint.ts';

/** Where a model's stream is. */
export interface EndpointOptions {
  readonly baseUrl: string;
  readonly apiVersion: string;
  readonly model: string;
  readonly vertex?: VertexPlace | undefined;
}

/** The Developer API's address. */
export const defaultBaseUrl = 'https://generativelanguage.googleapis.com';

/**
 * The URL of `streamGenerateContent` for a model: `gemini-x`, `models/gemini-x` or `tunedModels/x`; at Vertex also
 * what {@link vertexModelPath} takes.
 * @throws TypeError for a base URL that is none, and for a model name that would leave its place in the path
 */
export function streamUrl({ baseUrl, apiVersion, model, vertex }: EndpointOptions): URL {
  const base = parseBaseUrl(baseUrl);
  const path = base.pathname.endsWith('/') ? base.pathname : `${base.pathname}/`;
  const place = vertex === undefined ? modelPath(model) : vertexModelPath(vertex, model);
  return new URL(`${path}${apiVersion}/${place}:streamGenerateContent?alt=sse`, base);
}

function modelPath(model: string): string {
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
