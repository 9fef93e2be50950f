import { GoogleError } from '../wire/google-error.ts';
import type { JsonObject } from '../wire/json.ts';
import { jsonReply, type Reply } from '../wire/reply.ts';

/** The resource of a path. `prefix` is the path before the API version, which separates parallel tests. */
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
  | {
      readonly type: 'interactions';
      readonly prefix: string;
      readonly version: string;
      readonly id: string | undefined;
      readonly action: 'cancel' | 'stream' | undefined;
    }
  | { readonly type: 'inspection'; readonly resource: string }
  | { readonly type: 'unknown'; readonly prefix: string };

const developer = /^(models|tunedModels|dynamic)(?:\/([^/:]+)(?::([^/]+))?)?$/u;
const interactions = /^(?:projects\/[^/]+\/locations\/[^/]+\/)?interactions(?:\/([^/:]+)(?:[/:](cancel|stream))?)?$/u;
const vertex =
  /^(?:projects\/[^/]+\/locations\/[^/]+\/)?(?:publishers\/[^/]+\/models|endpoints|models)(?:\/([^/:]+)(?::([^/]+))?)?$/u;

/** Parses a path. Any prefix may precede `/v1`, `/v1beta`, `/v1alpha` or `/v1beta1`. */
export function readRoute(path: string): Route {
  const inspection = /^\/__emulator(?:\/(.*))?$/u.exec(path);
  if (inspection !== null) return { type: 'inspection', resource: inspection[1] ?? '' };
  const api = /^((?:\/.*)?)\/(v1|v1beta|v1alpha|v1beta1)\/(.*)$/u.exec(path);
  if (api === null) return { type: 'unknown', prefix: '' };
  const [, prefix = '', version = '', rest = ''] = api;
  const interaction = interactions.exec(rest);
  if (interaction !== null) {
    const [, id, action] = interaction;
    const named = id === undefined ? undefined : decode(id);
    return { type: 'interactions', prefix, version, id: named, action: action as 'cancel' | 'stream' | undefined };
  }
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

/** One model of the catalog. */
export interface Model {
  readonly name: string;
  readonly displayName: string;
  /** The model that an alias names. @defaultValue the name itself */
  readonly version?: string | undefined;
}

/** The models that exist by default. */
const catalogue: readonly Model[] = [
  { name: 'gemini-flash-latest', displayName: 'Gemini Flash Latest', version: 'gemini-3.8-flash' },
  { name: 'gemini-flash-lite-latest', displayName: 'Gemini Flash-Lite Latest', version: 'gemini-2.5-flash-lite' },
  { name: 'gemini-pro-latest', displayName: 'Gemini Pro Latest', version: 'gemini-3-pro-preview' },
  { name: 'gemini-3.8-flash', displayName: 'Gemini 3.8 Flash' },
  { name: 'gemini-3.6-flash', displayName: 'Gemini 3.6 Flash' },
  { name: 'gemini-3-flash', displayName: 'Gemini 3 Flash' },
  { name: 'gemini-3-pro', displayName: 'Gemini 3 Pro' },
  { name: 'gemini-2.5-pro', displayName: 'Gemini 2.5 Pro' },
  { name: 'gemini-2.5-flash', displayName: 'Gemini 2.5 Flash' },
  { name: 'gemini-2.5-flash-lite', displayName: 'Gemini 2.5 Flash-Lite' },
  { name: 'gemini-2.0-flash', displayName: 'Gemini 2.0 Flash' },
  { name: 'gemini-1.5-pro', displayName: 'Gemini 1.5 Pro' },
  { name: 'gemini-1.5-flash', displayName: 'Gemini 1.5 Flash' },
];

/**
 * Finds a model by name. A suffix such as `-001` or `-preview-09` is a version of the model.
 * @throws GoogleError `NOT_FOUND` for an unknown name
 */
export function findModel(name: string, more: readonly string[], asked: { version: string; method: string }): Model {
  // Users choose the names of tuned models.
  if (name.includes('/') || more.includes(name)) return { name, displayName: name };
  const exact = catalogue.find((model) => model.name === name);
  if (exact !== undefined) return exact;
  const base = catalogue.find((model) => name.startsWith(`${model.name}-`));
  if (base !== undefined) return { name, displayName: base.displayName };
  throw modelNotFound(name, asked);
}

/** Returns the API's error for an unknown model or an unsupported method. */
export function modelNotFound(name: string, { version, method }: { version: string; method: string }): GoogleError {
  return new GoogleError(
    'NOT_FOUND',
    `models/${name} is not found for API version ${version}, or is not supported for ${method}. Call ListModels to see the list of available models and their supported methods.`,
  );
}

/**
 * Answers `models.list` with one page.
 * @throws GoogleError `INVALID_ARGUMENT` for an invalid page size or page token
 */
export function listModels(
  route: Extract<Route, { type: 'models' }>,
  query: URLSearchParams,
  more: readonly string[],
): Reply {
  const pageSize = readPageSize(query.get('pageSize') ?? query.get('page_size'));
  const token = query.get('pageToken') ?? query.get('page_token') ?? '';
  const all: readonly Model[] = [...catalogue, ...more.map((name) => ({ name, displayName: name }))];
  const start = token === '' ? 0 : Number(/^page-(\d{1,6})$/u.exec(token)?.[1] ?? Number.NaN);
  if (!(start <= all.length)) throw new GoogleError('INVALID_ARGUMENT', 'The page token is invalid.');
  const end = start + pageSize;
  const next = end < all.length ? { nextPageToken: `page-${end}` } : {};
  const page = all.slice(start, end);
  const models =
    route.dialect === 'vertex' ? { publisherModels: page.map(describePublished) } : { models: page.map(describeModel) };
  return jsonReply(200, `${JSON.stringify({ ...models, ...next }, undefined, 2)}\n`);
}

/**
 * Answers `models.get`.
 * @throws GoogleError `NOT_FOUND` for an unknown name
 */
export function getModel(route: Extract<Route, { type: 'model' }>, more: readonly string[]): Reply {
  const model = findModel(route.model, more, { version: route.version, method: 'GetModel' });
  const body = route.dialect === 'vertex' ? describePublished(model) : describeModel(model);
  return jsonReply(200, `${JSON.stringify(body, undefined, 2)}\n`);
}

function readPageSize(text: string | null): number {
  if (text === null || text === '' || text === '0') return 50;
  if (!/^\d{1,6}$/u.test(text)) throw new GoogleError('INVALID_ARGUMENT', 'The page size must be a whole number.');
  return Math.min(Number(text), 1_000);
}

function describeModel({ name, displayName }: Model): JsonObject {
  return {
    name: name.includes('/') ? name : `models/${name}`,
    version: '001',
    displayName,
    description: 'An emulated model that composes its answers from templates.',
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
    temperature: 1,
    topP: 0.95,
    topK: 64,
    maxTemperature: 2,
    thinking: true,
  };
}

function describePublished({ name }: Model): JsonObject {
  return { name: `publishers/google/models/${name}`, versionId: 'default', launchStage: 'GA' };
}
