import type { OutgoingRequest } from './exchange.ts';
import type { EventStreamRequest } from './types.ts';

/**
 * Checks a request and writes it as it goes on the wire; a JSON body is serialised here, once.
 * @throws TypeError for a URL that is not http(s) or holds credentials, and for `json` together with `body`
 */
export function prepareRequest(request: EventStreamRequest): OutgoingRequest {
  const url = new URL(request.url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`url: expected http: or https:, got ${url.protocol}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('url: expected no user name and password in it (send an authorization header)');
  }
  if (request.json !== undefined && request.body !== undefined) {
    throw new TypeError('expected json or body, got both');
  }
  const body = request.json === undefined ? request.body : JSON.stringify(request.json);
  const headers: Record<string, string> = {
    accept: 'text/event-stream',
    // A proxy is not invited to compress: compressors without a flush hold tokens back.
    'accept-encoding': 'identity',
  };
  if (request.json !== undefined) headers['content-type'] = 'application/json';
  if (request.lastEventId !== undefined) headers['last-event-id'] = request.lastEventId;
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;

  return { url, method: request.method ?? (body === undefined ? 'GET' : 'POST'), headers, body };
}

/** Names a request in messages: without the query, which may hold a key. */
export function describeRequest({ method, url }: OutgoingRequest): string {
  return `${method} ${url.origin}${url.pathname}`;
}
