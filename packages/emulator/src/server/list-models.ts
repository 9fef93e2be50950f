import { catalogue, findModel, type Model } from '../answers/models.ts';
import { GoogleError, jsonReply } from '../wire/google-error.ts';
import type { JsonObject } from '../wire/json.ts';
import type { Reply } from '../wire/reply.ts';
import type { Route } from './route.ts';

/** The reply to `models.list`, a page at a time. Throws `INVALID_ARGUMENT` for a page that is none. */
export function listModels(
  route: Extract<Route, { type: 'models' }>,
  query: URLSearchParams,
  more: readonly string[],
): Reply {
  const pageSize = readPageSize(query.get('pageSize') ?? query.get('page_size'));
  const token = query.get('pageToken') ?? query.get('page_token') ?? '';
  const all: readonly Model[] = [...catalogue, ...more.map((name) => ({ name, displayName: name }))];
  const start = token === '' ? 0 : Number(/^page-(\d{1,6})$/u.exec(token)?.[1] ?? Number.NaN);
  if (!(start <= all.length)) throw new GoogleError('INVALID_ARGUMENT', 'The page token is not valid.');
  const end = start + pageSize;
  const next = end < all.length ? { nextPageToken: `page-${end}` } : {};
  const page = all.slice(start, end);
  const models =
    route.dialect === 'vertex' ? { publisherModels: page.map(describePublished) } : { models: page.map(describeModel) };
  return jsonReply(200, `${JSON.stringify({ ...models, ...next }, undefined, 2)}\n`);
}

/** The reply to `models.get`. Throws `NOT_FOUND`. */
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
    description: 'Emulated: its answers are made up, its wire is not.',
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
