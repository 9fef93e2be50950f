import type { IncomingMessage, ServerResponse } from 'node:http';
import { applyToReply } from '../faults/apply-faults.ts';
import { GoogleError, googleErrorReply, jsonReply } from '../wire/google-error.ts';
import { createRandom, hashText } from '../wire/random.ts';
import type { Reply } from '../wire/reply.ts';
import { answerModelCall } from './answer-request.ts';
import { isLoopbackAddress, isLoopbackHost } from './check-host.ts';
import { checkCredentials } from './credentials.ts';
import type { EmulatorContext } from './emulator-context.ts';
import { nowMs, type RequestRecord } from './emulator-request.ts';
import { playReply } from './play-reply.ts';
import { readBody } from './read-body.ts';
import { redactHeaders, redactTarget } from './redact.ts';
import { createHttpWriter } from './response-writer.ts';
import { readRoute, type Route } from './route.ts';

/** Answers one request, whatever it is; never throws. Resolves when the answer is over or the client has left. */
export async function handleRequest(
  request: IncomingMessage,
  response: ServerResponse,
  context: EmulatorContext,
): Promise<void> {
  const target = request.url ?? '/';
  const query = new URLSearchParams(target.split('?')[1] ?? '');
  const route = readRoute(target.split('?')[0] ?? '/');
  const record = createRecord(request, route, context);
  const left = new AbortController();
  response.once('close', () => {
    record.closedAt = nowMs();
    record.closedBy ??= response.writableFinished ? 'server' : 'client';
    left.abort();
  });
  // What a lost connection throws is told by 'close'.
  response.on('error', () => {});
  try {
    const reply = await createReply(request, { route, target, query, record }, context);
    await playReply(reply, createHttpWriter(request, response), record, left.signal);
  } catch {
    // The client has left, or the socket broke: there is nobody to tell.
    if (!left.signal.aborted) response.destroy();
  }
}

interface Arrival {
  readonly route: Route;
  readonly target: string;
  readonly query: URLSearchParams;
  readonly record: RequestRecord;
}

async function createReply(request: IncomingMessage, arrival: Arrival, context: EmulatorContext): Promise<Reply> {
  const { route, query } = arrival;
  try {
    if (isLoopbackAddress(context.options.host) && !isLoopbackHost(request.headers.host)) {
      throw new GoogleError('PERMISSION_DENIED', 'This server answers to loopback Host names only.');
    }
    if (route.type === 'inspection') return inspect(request, arrival, context);
    context.log.add(arrival.record);
    const body = await readBody(request, context.options.maxBodyBytes);
    arrival.record.body = readRecordedBody(body);
    return replyToCall(request, arrival, body, context);
  } catch (error) {
    const isStream = route.type === 'model-method' && route.method === 'streamGenerateContent';
    const shape = isStream && query.get('alt') !== 'sse' ? 'array' : 'object';
    return googleErrorReply(
      error instanceof GoogleError ? error : new GoogleError('INTERNAL', 'Internal error encountered.'),
      shape,
    );
  }
}

function replyToCall(request: IncomingMessage, arrival: Arrival, body: Uint8Array, context: EmulatorContext): Reply {
  const { route, query, record, target } = arrival;
  if (route.type !== 'model-method' || request.method !== 'POST') {
    throw new GoogleError('NOT_FOUND', `Nothing answers ${request.method} at this path.`);
  }
  checkCredentials(request.headers, query, context.options.apiKey);
  const step =
    context.scenario && context.progress.next(context.scenario, `${route.prefix} ${hashText(body.toString())}`);
  if (context.scenario !== undefined) record.scenario = context.scenario.name;
  const random = createRandom(hashText(`${context.options.seed} ${record.id}`));
  const faultContext = { random, target, origin: `http://${request.headers.host ?? ''}` };
  const answer = answerModelCall({ route, query, body, step, faultContext, requestId: record.id }, context);
  return applyToReply(step?.faults ?? [], answer, faultContext);
}

function inspect(request: IncomingMessage, { route, query }: Arrival, { log }: EmulatorContext): Reply {
  const prefix = query.get('prefix') ?? undefined;
  if (route.type !== 'inspection' || route.resource !== 'requests')
    throw new GoogleError('NOT_FOUND', 'See /__emulator/requests.');
  if (request.method === 'GET') return jsonReply(200, `${JSON.stringify(log.list(prefix), undefined, 2)}\n`);
  if (request.method !== 'DELETE') throw new GoogleError('NOT_FOUND', 'Expected GET or DELETE.');
  log.clear(prefix);
  return jsonReply(200, '{}\n');
}

function createRecord(request: IncomingMessage, route: Route, context: EmulatorContext): RequestRecord {
  return {
    id: context.log.nextId(),
    method: request.method ?? 'GET',
    path: redactTarget(request.url ?? '/'),
    prefix: 'prefix' in route ? route.prefix : '',
    httpVersion: request.httpVersion,
    headers: redactHeaders(request.headers),
    body: undefined,
    receivedAt: nowMs(),
    writes: [],
    writesCount: 0,
    bytesWritten: 0,
    backpressured: false,
  };
}

function readRecordedBody(body: Uint8Array): unknown {
  if (body.byteLength === 0) return undefined;
  const text = Buffer.from(body).toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
