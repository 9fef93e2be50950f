import type { IncomingMessage } from 'node:http';
import { applyToReply, replacesAnswer } from '../faults/apply-faults.ts';
import { GoogleError, googleErrorReply } from '../wire/google-error.ts';
import { isJsonObject, type JsonObject } from '../wire/json.ts';
import { readJsonBody } from '../wire/read-request.ts';
import type { Reply } from '../wire/reply.ts';
import { answerCall, type ModelCall } from './answer-call.ts';
import { answerElsewhere } from './answer-elsewhere.ts';
import type { Arrival } from './arrival.ts';
import { isLoopbackAddress, isLoopbackHost } from './check-host.ts';
import { chooseFaults } from './choose-faults.ts';
import { corsHeaders, preflightHeaders } from './cors.ts';
import { checkCredentials } from './credentials.ts';
import type { ListenerContext } from './emulator-context.ts';
import { inspect } from './inspect.ts';
import { getModel, listModels } from './list-models.ts';
import { readBody } from './read-body.ts';
import type { Route } from './route.ts';

/** The reply to any request at all. Rejects only when the request itself breaks off. */
export async function createReply(arrival: Arrival, context: ListenerContext): Promise<Reply> {
  const { request, route, query, record } = arrival;
  const host = request.headers.host ?? request.headers[':authority']?.toString();
  try {
    if (isLoopbackAddress(context.options.host) && !isLoopbackHost(host)) {
      throw new GoogleError('PERMISSION_DENIED', 'This server answers to loopback Host names only.');
    }
    if (route.type === 'inspection') return await inspect(request.method ?? 'GET', route.resource, query, context);
    context.log.add(record);
    const body = await readBody(request, context.options.maxBodyBytes);
    record.body = readRecordedBody(body);
    record.requestBytes = body.byteLength;
    return withCors(await answer(arrival, body, context), request.headers);
  } catch (error) {
    const isStream = route.type === 'model-method' && route.method === 'streamGenerateContent';
    const shape = isStream && query.get('alt') !== 'sse' ? 'array' : 'object';
    const known = error instanceof GoogleError ? error : new GoogleError('INTERNAL', 'Internal error encountered.');
    return withCors(googleErrorReply(known, shape), route.type === 'inspection' ? {} : request.headers);
  }
}

async function answer(arrival: Arrival, body: Uint8Array, context: ListenerContext): Promise<Reply> {
  const { request, route, record, target, origin } = arrival;
  const { method = 'GET', headers } = request;
  if (method === 'OPTIONS') return { status: 204, headers: preflightHeaders(headers), body: [] };
  const isCall = route.type === 'model-method' && method === 'POST';
  const asked = `${target.split('?')[0]}\n${askedIn(record.body)}`;
  const chosen = isCall ? chooseFaults(headers, route.prefix, asked, context) : undefined;
  if (chosen?.scenario !== undefined)
    Object.assign(record, { scenario: chosen.scenario.name, seed: chosen.seed, faults: chosen.faults });
  const faults = chosen?.faults ?? [];
  const faultContext = { random: chosen?.random ?? Math.random, target, origin, plainOrigin: context.origin() };
  const reply =
    (replacesAnswer(faults) ? undefined : await answerElsewhere(arrival, body, context)) ??
    answerHere(arrival, body, { faults, faultContext }, context);
  const shaped = applyToReply(faults, reply, faultContext);
  if (chosen?.scenario?.pick !== 'by-seed') return shaped;
  return { ...shaped, headers: { ...shaped.headers, 'x-emulator-seed': `${chosen.seed}` } };
}

function answerHere(
  { request, route, query, record }: Arrival,
  body: Uint8Array,
  shaping: Pick<ModelCall, 'faults' | 'faultContext'>,
  context: ListenerContext,
): Reply {
  const { method = 'GET', headers } = request;
  checkCredentials(headers, query, context.options.apiKey);
  if (route.type === 'models' && method === 'GET') return listModels(route, query, context.options.models);
  if (route.type === 'model' && method === 'GET') return getModel(route, context.options.models);
  if (route.type !== 'model-method' || method !== 'POST') throw notThere(method, route);
  const json = once(() => readJsonBody(body));
  return answerCall({ route, query, json, ...shaping, requestId: record.id }, context);
}

/** The same question, whether asked for the first time or to go on. */
function askedIn(body: unknown): string {
  if (!isJsonObject(body)) return '';
  return JSON.stringify(body['contents'] ?? '');
}

function once<Value>(read: () => Value): () => Value {
  let value: { readonly read: Value } | undefined;
  return () => (value ??= { read: read() }).read;
}

function notThere(method: string, route: Route): GoogleError {
  if (route.type === 'model-method')
    return new GoogleError('NOT_FOUND', `${method} is not supported for ${route.method}; use POST.`);
  if (route.type === 'unknown') {
    return new GoogleError(
      'NOT_FOUND',
      'Nothing is at this path. Paths begin with v1, v1beta, v1alpha or v1beta1, any prefix before it.',
    );
  }
  return new GoogleError('NOT_FOUND', `${method} is not supported here; use GET.`);
}

function withCors(reply: Reply, headers: IncomingMessage['headers']): Reply {
  return { ...reply, headers: { ...corsHeaders(headers), ...reply.headers } };
}

function readRecordedBody(body: Uint8Array): unknown {
  if (body.byteLength === 0) return undefined;
  const text = Buffer.from(body).toString('utf8');
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return text;
  }
}
