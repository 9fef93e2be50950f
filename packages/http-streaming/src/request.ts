import type { EventStreamRequest } from './types.ts';

// RFC 9110, sections 5.6.2 and 5.5.
const headerName = /^[\w!#$%&'*+.^`|~-]+$/;
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;
// HTTP's framing decides these, and undici does not let a caller set them.
const framingHeader = /^(?:transfer-encoding|keep-alive|upgrade|expect|connection)$/;

/**
 * Checks a request and makes the form that is sent. A JSON body is serialised here, once, and bytes are copied, so that
 * each attempt sends the same.
 * @throws TypeError for a URL that is not http(s) or holds credentials, for headers that HTTP does not allow, and for
 * `json` together with `body`
 */
export function prepareRequest(url: URL, request: Omit<EventStreamRequest, 'url'>): OutgoingRequest {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`url: expected http: or https:, got ${url.protocol}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('url: expected no user name and password in it (send an authorization header)');
  }
  const body = bodyOf(request);
  const headers: Record<string, string> = {
    accept: 'text/event-stream',
    // A proxy is not invited to compress: compressors without a flush hold tokens back.
    'accept-encoding': 'identity',
  };
  if (request.json !== undefined) headers['content-type'] = 'application/json';
  if (request.lastEventId !== undefined) headers['last-event-id'] = checkedValue('last-event-id', request.lastEventId);
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (!headerName.test(name) || framingHeader.test(name.toLowerCase())) {
      throw new TypeError(`headers: expected a name that may be set, got ${JSON.stringify(name)}`);
    }
    headers[name.toLowerCase()] = checkedValue(name, value);
  }
  const method = request.method?.toUpperCase() ?? (body === undefined ? 'GET' : 'POST');
  return { origin: url.origin, path: url.pathname + url.search, method, headers, body };
}

function bodyOf({ json, body }: Pick<EventStreamRequest, 'json' | 'body'>): string | Uint8Array | undefined {
  if (json !== undefined && body !== undefined) throw new TypeError('expected json or body, got both');
  if (json === undefined) return typeof body === 'object' ? body.slice() : body;
  const text: string | undefined = JSON.stringify(json);
  if (text === undefined) throw new TypeError(`json: expected a JSON value, got ${typeof json}`);
  return text;
}

// The value may be a key, so it is not in the message.
function checkedValue(name: string, value: unknown): string {
  if (typeof value === 'string' && headerValue.test(value)) return value;
  const got = typeof value === 'string' ? 'another character' : typeof value;
  throw new TypeError(`headers, ${name}: expected a string of visible Latin-1 characters, spaces and tabs, got ${got}`);
}

/** One request, ready to be sent. */
export interface OutgoingRequest {
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

/** Returns the name of a request for messages: without the query, which may hold a key. */
export function describeRequest(request: OutgoingRequest): string {
  const { origin, pathname } = urlOf(request);
  return `${request.method} ${origin}${pathname}`;
}

/** Returns the URL of a request. The request itself keeps no URL: one of Node's takes several times its text. */
export function urlOf({ origin, path }: Pick<OutgoingRequest, 'origin' | 'path'>): URL {
  return new URL(origin + path);
}
