import { checkRequest } from './options.ts';
import type { FollowRequest } from './types.ts';

/** The request of a stream, as it is sent each time. */
export class OutgoingRequest {
  readonly #request: FollowRequest;
  readonly #init: RequestInit;
  /** The origin of the request: the only one to which its headers are sent. */
  readonly origin: string;
  /** The address of the stream, followed by GET, if it is known. */
  address: string | undefined;
  /** The address to continue at after a position, if the answer names none. */
  rejoinAddress: string | undefined;

  /** @throws TypeError for a request that `fetch` would refuse, and for a body that cannot be sent again */
  constructor(target: string | URL | FollowRequest) {
    this.#request = typeof target === 'string' || target instanceof URL ? { url: target } : target;
    checkRequest(this.#request);
    const { url, body, credentials, key, headers } = this.#request;
    if (typeof url !== 'string' && !(url instanceof URL)) throw new TypeError(`url: expected a URL, got ${typeof url}`);
    if (body instanceof ReadableStream) throw new TypeError('body: expected one that can be sent again, got a stream');
    const method = this.#request.method ?? (body === undefined ? 'GET' : 'POST');
    const own: Record<string, string> = {};
    // Browsers send a POST again by themselves if a kept connection dies before the answer.
    if (method.toUpperCase() !== 'GET') own['idempotency-key'] = key ?? randomKey();
    const isJson = Array.isArray(body) || (body !== null && Object.getPrototypeOf(Object(body)) === Object.prototype);
    if (isJson && body !== undefined) own['content-type'] = 'application/json';
    this.#init = {
      method,
      headers: { accept: 'text/event-stream', ...own },
      ...(body === undefined ? undefined : { body: (isJson ? JSON.stringify(body) : body) as string }),
      credentials: credentials ?? 'same-origin',
      cache: 'no-store',
    };
    // Reports bad input at once; a failure of `fetch` would look like one of the network.
    const base = (globalThis as { document?: { baseURI?: string }; location?: { href?: string } }).document?.baseURI;
    const whole = new URL(url, base ?? (globalThis as { location?: { href?: string } }).location?.href);
    void new Request(whole, this.#init);
    this.origin = whole.origin;
    if (typeof headers !== 'function') void new Headers(headers);
    if (method.toUpperCase() === 'GET') this.address = String(url);
  }

  /** Sends the request, or a GET of the stream's address, after a position. */
  send(fetch: typeof globalThis.fetch, signal: AbortSignal, lastEventId: string | undefined): Promise<Response> {
    const { address } = this;
    const init = address === undefined ? this.#init : { ...this.#init, method: 'GET' };
    if (address !== undefined) delete (init as { body?: unknown }).body;
    return this.#fetch(fetch, address ?? String(this.#request.url), { ...init, signal }, lastEventId);
  }

  /** Sends a request without a body beside the stream, which a page that is left still finishes. */
  sendAside(fetch: typeof globalThis.fetch, url: string, method: string): Promise<Response> {
    const { credentials, cache } = this.#init as Required<Pick<RequestInit, 'credentials' | 'cache'>>;
    return this.#fetch(fetch, url, { method, credentials, cache, keepalive: true }, undefined);
  }

  async #fetch(
    fetch: typeof globalThis.fetch,
    url: string,
    init: RequestInit,
    lastEventId: string | undefined,
  ): Promise<Response> {
    const { headers } = this.#request;
    const all = new Headers(init.headers);
    const given = typeof headers === 'function' ? await headers() : headers;
    for (const [name, value] of Object.entries(given ?? {})) all.set(name, value);
    if (lastEventId !== undefined) all.set('last-event-id', lastEventId);
    return fetch(url, { ...init, headers: all });
  }
}

/** `randomUUID` exists only on secure origins. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
