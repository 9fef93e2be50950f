import { constants } from 'node:buffer';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { proxyRequest } from '../cassette/proxy.ts';
import { applyToReply, replacesAnswer } from '../faults/faults.ts';
import { chooseStep, type ChosenStep, type Scenario, seedOf } from '../scenarios/scenario.ts';
import { readScenario } from '../scenarios/scenarios.ts';
import { GoogleError, googleErrorReply } from '../wire/google-error.ts';
import { interactionErrorReply } from '../wire/interaction-error.ts';
import { isJsonObject, type JsonObject } from '../wire/json.ts';
import { hashText } from '../wire/random.ts';
import { redactTarget } from '../wire/redact.ts';
import type { Reply } from '../wire/reply.ts';
import { readJsonBody } from '../wire/request.ts';
import { checkCredentials, corsHeaders, isLoopbackAddress, isLoopbackHost, preflightHeaders } from './access.ts';
import { answerCall } from './answer-call.ts';
import { answerInteraction, type InteractionCall } from './answer-interaction.ts';
import type { EmulatorContext, ListenerContext } from './emulator-context.ts';
import { inspect } from './inspect.ts';
import type { RequestRecord } from './request-log.ts';
import { getModel, listModels, type Route } from './routes.ts';

/** A received request and its parsed target. */
interface Arrival {
  readonly request: IncomingMessage | Http2ServerRequest;
  readonly route: Route;
  readonly target: string;
  readonly query: URLSearchParams;
  /** `http(s)://host:port` that the client called. */
  readonly origin: string;
  readonly record: RequestRecord;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
}

/** Returns the reply to any request. Rejects only if the request is cut off. */
export async function createReply(arrival: Arrival, context: ListenerContext): Promise<Reply> {
  const { request, route, query, record } = arrival;
  const host = request.headers.host ?? request.headers[':authority']?.toString();
  try {
    if (isLoopbackAddress(context.options.host) && !isLoopbackHost(host)) {
      throw new GoogleError('PERMISSION_DENIED', 'This server accepts only loopback Host names.');
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
    const refusal = route.type === 'interactions' ? interactionErrorReply(known) : googleErrorReply(known, shape);
    return withCors(refusal, route.type === 'inspection' ? {} : request.headers);
  }
}

async function answer(arrival: Arrival, body: Uint8Array, context: ListenerContext): Promise<Reply> {
  const { request, route, record, target, origin } = arrival;
  const { method = 'GET', headers } = request;
  if (method === 'OPTIONS') return { status: 204, headers: preflightHeaders(headers), body: [] };
  const key = route.type === 'interactions' ? interactionKey(route, record.body, context) : askedIn(record.body);
  // All requests of an interaction count as one conversation, whatever their paths.
  const asked = `${route.type === 'interactions' ? 'interactions' : target.split('?')[0]}\n${key}`;
  const chosen =
    isAnswered(arrival) && 'prefix' in route ? chooseFaults(headers, route.prefix, asked, context) : undefined;
  if (chosen?.scenario !== undefined)
    Object.assign(record, { scenario: chosen.scenario.name, seed: chosen.seed, faults: chosen.faults });
  const faults = chosen?.faults ?? [];
  const faultContext = {
    random: chosen?.random ?? Math.random,
    target,
    origin,
    plainOrigin: context.origin(),
    api: apiOf(route),
  };
  const reply =
    (replacesAnswer(faults) ? undefined : await answerElsewhere(arrival, body, context)) ??
    answerHere(arrival, body, { faults, faultContext, key }, context);
  const shaped = applyToReply(faults, reply, faultContext);
  if (chosen?.scenario?.pick !== 'by-seed') return shaped;
  return { ...shaped, headers: { ...shaped.headers, 'x-emulator-seed': `${chosen.seed}` } };
}

function answerHere(
  { request, route, query, record, signal }: Arrival,
  body: Uint8Array,
  { key, ...shaping }: Pick<InteractionCall, 'faults' | 'faultContext' | 'key'>,
  context: ListenerContext,
): Reply {
  const { method = 'GET', headers } = request;
  checkCredentials(headers, query, context.options.apiKey);
  if (route.type === 'models' && method === 'GET') return listModels(route, query, context.options.models);
  if (route.type === 'model' && method === 'GET') return getModel(route, context.options.models);
  if (route.type === 'interactions') {
    const json = once(() => readJsonBody(body));
    return answerInteraction({ route, method, query, json, ...shaping, requestId: record.id, key, signal }, context);
  }
  if (route.type !== 'model-method' || method !== 'POST') throw notThere(method, route);
  const json = once(() => readJsonBody(body));
  return answerCall({ route, query, json, ...shaping, requestId: record.id }, context);
}

/** Whether a request is answered by a model, so that faults apply to it. */
function isAnswered({ request: { method }, route, query }: Arrival): boolean {
  if (route.type === 'model-method') return method === 'POST';
  if (route.type !== 'interactions') return false;
  if (route.id === undefined) return method === 'POST';
  return method === 'GET' && (route.action === 'stream' || query.get('stream') === 'true');
}

function apiOf({ type }: Route): 'generate-content' | 'interactions' {
  return type === 'interactions' ? 'interactions' : 'generate-content';
}

/** Returns the input as a key. All later requests of an interaction have the key of the first. */
function interactionKey(
  { id }: Extract<Route, { type: 'interactions' }>,
  body: unknown,
  { interactions }: EmulatorContext,
): string {
  if (id !== undefined) return interactions.find(id)?.head.key ?? '';
  if (!isJsonObject(body)) return '';
  const { input, previous_interaction_id: previousId } = body;
  if (input !== undefined) return JSON.stringify(input);
  return interactions.find(typeof previousId === 'string' ? previousId : undefined)?.head.key ?? '';
}

/** Returns the contents as a key. A request that resumes an answer has the same key as the first request. */
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
      'Unknown path. Expected an optional prefix and then v1, v1beta, v1alpha or v1beta1.',
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

/** Returns the reply of the cassette or the recorded server, or `undefined` if the emulator composes the answer. */
function answerElsewhere(
  { request, target, signal }: Arrival,
  body: Uint8Array,
  { player, recorder, options }: EmulatorContext,
): Promise<Reply> | Reply | undefined {
  const method = request.method ?? 'GET';
  const path = target.replaceAll(/\/__(?:scenario|seed)\/[^/]+/gu, '');
  if (player !== undefined) return player.play(method, redactTarget(path), body);
  if (recorder === undefined || options.record === undefined) return undefined;
  const proxied = { method, path, headers: request.headers, body, signal };
  return proxyRequest(options.record.target, proxied, recorder);
}

/** The scenario, step and seed of a request. */
interface ChosenFaults extends ChosenStep {
  readonly scenario: Scenario | undefined;
  readonly seed: number;
}

/** Chooses the scenario: the `x-emulator-scenario` header, then `/__scenario/NAME` in the path, then the server's own. */
function chooseFaults(
  headers: IncomingHttpHeaders,
  prefix: string,
  asked: string,
  { options, progress, scenario: serverScenario, ownScenario }: ListenerContext,
): ChosenFaults {
  const named = headers['x-emulator-scenario']?.toString() ?? /\/__scenario\/([^/]+)/u.exec(prefix)?.[1];
  const scenario = named === undefined ? (ownScenario ?? serverScenario) : readChoice(named, ownScenario);
  const conversation = `${prefix} ${scenario?.name ?? ''} ${hashText(asked)}`;
  const count = progress.next(conversation);
  const seed = seedOf(readSeed(headers, prefix), options.seed, conversation, count);
  return { scenario, seed, ...chooseStep(scenario, count, seed) };
}

function readChoice(named: string, ownScenario: Scenario | undefined): Scenario {
  if (named === ownScenario?.name) return ownScenario;
  try {
    const scenario = readScenario(named.startsWith('[') || named.startsWith('{') ? JSON.parse(named) : named);
    if ((scenario.listener ?? 'http') === 'http') return scenario;
  } catch (error) {
    throw new GoogleError('INVALID_ARGUMENT', error instanceof Error ? error.message : 'The scenario is invalid.');
  }
  throw new GoogleError(
    'FAILED_PRECONDITION',
    `The scenario ${named} has its own address: see GET /__emulator/scenarios/${named}.`,
  );
}

function readSeed(headers: IncomingHttpHeaders, prefix: string): number | undefined {
  const text = headers['x-emulator-seed']?.toString() ?? /\/__seed\/([^/]+)/u.exec(prefix)?.[1];
  if (text === undefined) return undefined;
  const seed = /^\d{1,10}$/u.test(text) ? Number(text) : Number.NaN;
  if (seed <= 0xffffffff) return seed;
  throw new GoogleError('INVALID_ARGUMENT', 'The seed must be a whole number below 2^32.');
}

const decoders: Readonly<Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

/**
 * Reads and decodes the whole body.
 * @throws GoogleError for a body above the limit or with an invalid encoding
 */
async function readBody(request: IncomingMessage | Http2ServerRequest, maxBodyBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // The rest of a too large body is read and discarded. Otherwise the client would never read the error.
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes <= maxBodyBytes) chunks.push(chunk);
    else if (bytes > maxBodyBytes * 4) break;
  }
  if (bytes > maxBodyBytes) throw tooLarge(maxBodyBytes);
  return decodeBody(Buffer.concat(chunks), request.headers['content-encoding'] ?? 'identity', maxBodyBytes);
}

function decodeBody(body: Uint8Array, encoding: string, maxBodyBytes: number): Uint8Array {
  const name = encoding.trim().toLowerCase();
  if (name === 'identity' || name === '') return body;
  const decoder = decoders[name];
  if (decoder === undefined)
    throw new GoogleError('INVALID_ARGUMENT', `Unsupported content encoding "${name.slice(0, 40)}".`);
  try {
    return decoder(body, { maxOutputLength: Math.min(maxBodyBytes, constants.MAX_LENGTH) });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(maxBodyBytes);
    throw new GoogleError('INVALID_ARGUMENT', `The request body is not valid ${name}.`);
  }
}

function tooLarge(maxBodyBytes: number): GoogleError {
  return new GoogleError('INVALID_ARGUMENT', `Request payload size exceeds the limit: ${maxBodyBytes} bytes.`);
}
