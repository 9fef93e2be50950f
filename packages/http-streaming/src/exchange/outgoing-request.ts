/** One request, ready to be written. */
export interface OutgoingRequest {
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

/** Names a request in messages: without the query, which may hold a key. */
export function describeRequest(request: OutgoingRequest): string {
  const { origin, pathname } = urlOf(request);
  return `${request.method} ${origin}${pathname}`;
}

/** Where a request goes. It keeps no URL: one of Node's is several times what it says. */
export function urlOf({ origin, path }: Pick<OutgoingRequest, 'origin' | 'path'>): URL {
  return new URL(origin + path);
}
