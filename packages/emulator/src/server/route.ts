/** What a path asks for. `prefix` is everything before the API version: it keeps parallel tests apart. */
export type Route =
  | {
      readonly type: 'model-method';
      readonly prefix: string;
      readonly version: string;
      readonly dialect: 'developer' | 'vertex';
      readonly model: string;
      readonly method: string;
    }
  | {
      readonly type: 'model';
      readonly prefix: string;
      readonly version: string;
      readonly dialect: 'developer' | 'vertex';
      readonly model: string;
    }
  | {
      readonly type: 'models';
      readonly prefix: string;
      readonly version: string;
      readonly dialect: 'developer' | 'vertex';
    }
  | { readonly type: 'inspection'; readonly resource: string }
  | { readonly type: 'unknown'; readonly prefix: string };

const developer = /^(models|tunedModels|dynamic)(?:\/([^/:]+)(?::([^/]+))?)?$/u;
const vertex =
  /^(?:projects\/[^/]+\/locations\/[^/]+\/)?(?:publishers\/[^/]+\/models|endpoints|models)(?:\/([^/:]+)(?::([^/]+))?)?$/u;

/** Reads a path. Any prefix may stand before `/v1`, `/v1beta`, `/v1alpha` or `/v1beta1`. */
export function readRoute(path: string): Route {
  const inspection = /^\/__emulator(?:\/(.*))?$/u.exec(path);
  if (inspection !== null) return { type: 'inspection', resource: inspection[1] ?? '' };
  const api = /^((?:\/.*)?)\/(v1|v1beta|v1alpha|v1beta1)\/(.*)$/u.exec(path);
  if (api === null) return { type: 'unknown', prefix: '' };
  const [, prefix = '', version = '', rest = ''] = api;
  const own = developer.exec(rest);
  if (own !== null) {
    const model = own[1] === 'models' ? own[2] : own[2] && `${own[1]}/${own[2]}`;
    return resource({ prefix, version, dialect: 'developer' }, model, own[3]);
  }
  const cloud = vertex.exec(rest);
  if (cloud !== null) return resource({ prefix, version, dialect: 'vertex' }, cloud[1], cloud[2]);
  return { type: 'unknown', prefix };
}

function resource(
  base: { prefix: string; version: string; dialect: 'developer' | 'vertex' },
  model: string | undefined,
  method: string | undefined,
): Route {
  if (model === undefined) return { type: 'models', ...base };
  if (method === undefined) return { type: 'model', ...base, model: decode(model) };
  return { type: 'model-method', ...base, model: decode(model), method: decode(method) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
