import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { redactHeaders, redactTarget } from '../wire/redact.ts';
import { createReply } from './create-reply.ts';
import type { ListenerContext } from './emulator-context.ts';
import { playReply } from './play-reply.ts';
import { nowMs, type RequestRecord } from './request-log.ts';
import { Http2Writer, HttpWriter, type ResponseWriter } from './response-writer.ts';
import { readRoute, type Route } from './routes.ts';

/** Answers any request. Resolves when the answer has ended or the client has left, and never rejects. */
export async function handleRequest(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
  context: ListenerContext,
): Promise<void> {
  const target = request.url ?? '/';
  const [path = '/', search = ''] = target.split('?', 2);
  const route = readRoute(path);
  const record = createRecord(request, route, context.log.nextId());
  const left = new AbortController();
  response.once('close', () => {
    record.closedAt = nowMs();
    record.closedBy ??= response.writableFinished ? 'server' : 'client';
    record.backpressured = false;
    left.abort();
    context.log.close(record);
  });
  // The 'close' event reports a lost connection.
  response.on('error', () => {});
  request.on('error', () => {});
  try {
    const origin = `${'encrypted' in request.socket ? 'https' : 'http'}://${request.headers.host ?? request.headers[':authority']?.toString() ?? ''}`;
    const reply = await createReply(
      { request, route, target, query: new URLSearchParams(search), origin, record, signal: left.signal },
      context,
    );
    await playReply(reply, createWriter(request, response), record, left.signal, () =>
      context.log.markBackpressured(record),
    );
  } catch {
    // The client has left, or the connection was lost.
    response.destroy();
  }
}

function createWriter(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
): ResponseWriter {
  if (response instanceof Http2ServerResponse) return new Http2Writer(response);
  return new HttpWriter(request as IncomingMessage, response);
}

function createRecord(request: IncomingMessage | Http2ServerRequest, route: Route, id: string): RequestRecord {
  return {
    id,
    method: request.method ?? 'GET',
    path: redactTarget(request.url ?? '/'),
    prefix: 'prefix' in route ? route.prefix : '',
    httpVersion: request.httpVersion,
    headers: redactHeaders(request.headers),
    body: undefined,
    requestBytes: 0,
    receivedAt: nowMs(),
    writes: [],
    writesCount: 0,
    bytesWritten: 0,
    backpressured: false,
  };
}
