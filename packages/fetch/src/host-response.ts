import type { ResponseInfo } from '@gemini/http-streaming';

/** Codings that the transport has undone. Another one is handed on as it is. */
const knownCoding = /^\s*(?:(?:x-)?gzip|deflate|br|zstd|identity)\s*$/i;

/** Statuses whose responses have no body. */
const bodyless: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/** Returns the headers of a response as the host's fetch would show them. */
export function hostHeaders(info: ResponseInfo): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(info.headers)) {
    for (const each of typeof value === 'string' ? [value] : (value ?? [])) headers.append(name, each);
  }
  // They are true of the body as it came over the wire, and not of the one that is handed on.
  for (const name of ['content-length', 'transfer-encoding']) headers.delete(name);
  if (knownCoding.test(headers.get('content-encoding') ?? '')) headers.delete('content-encoding');
  return headers;
}

/**
 * Returns a `Response` of the host with what only its fetch can set: the URL that answered, and whether redirects led
 * there.
 */
export function hostResponse(
  body: ReadableStream<Uint8Array> | string | null,
  info: ResponseInfo,
  { headers = hostHeaders(info), status = info.status }: { readonly headers?: Headers; readonly status?: number } = {},
): Response {
  const statusText = status === info.status ? info.statusText : '';
  const response = new Response(bodyless.has(status) ? null : body, { status, statusText, headers });
  return withOrigin(response, info);
}

function withOrigin(response: Response, info: ResponseInfo): Response {
  const { url, isRedirected } = info;
  const facts = { url, redirected: isRedirected, type: 'basic', clone: () => withOrigin(cloneOf(response), info) };
  for (const [name, value] of Object.entries(facts)) {
    Object.defineProperty(response, name, { value, enumerable: false, configurable: true, writable: false });
  }
  return response;
}

function cloneOf(response: Response): Response {
  return Response.prototype.clone.call(response);
}
