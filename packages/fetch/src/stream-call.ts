import { isRecord } from '@gemini/client/wire';
import type { EventStreamOptions } from '@gemini/http-streaming';
import { isGeminiStreamPath } from './wires/recognise-wire.ts';
import { parseJson } from './wires/wire.ts';

/** A call that asks for a stream, with all that is sent. */
export interface StreamCall {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string | Uint8Array | undefined;
  readonly json: Readonly<Record<string, unknown>> | undefined;
  readonly signal: AbortSignal | undefined;
  /** Held for its signal, which aborts with the caller's only as long as the Request exists. */
  readonly source: Request | undefined;
  readonly dispatcher: EventStreamOptions['dispatcher'];
  /** The caller forbids redirects. */
  readonly refusesRedirects: boolean;
}

type Input = Parameters<typeof fetch>[0];
type Init = NonNullable<Parameters<typeof fetch>[1]>;

/**
 * Returns the call, if it asks for a stream: by its path, by `accept`, or by `"stream": true` at the top of its JSON body.
 * `undefined` for all other calls, of which nothing was read. A body that is a stream itself is never read here.
 * @throws TypeError what the host's fetch throws for an invalid call
 */
export async function readStreamCall(input: Input, init: Init = {}): Promise<StreamCall | undefined> {
  const source = input instanceof Request ? input : undefined;
  const url = urlOf(input);
  const method = (init.method ?? source?.method ?? 'GET').toUpperCase();
  if (url === undefined || !/^https?:$/.test(url.protocol) || (method !== 'POST' && method !== 'GET')) return undefined;
  // These change what a response may be, and no SDK sends them.
  if ((init.redirect ?? source?.redirect) === 'manual') return undefined;
  if ((init.integrity ?? source?.integrity ?? '') !== '') return undefined;
  const headers = headersOf(init.headers ?? source?.headers);
  if (headers === undefined || framingHeaders.some((name) => headers.has(name))) return undefined;

  const given = init.body ?? undefined;
  if (given !== undefined && !isReadable(given)) return undefined;
  const isAsked = isGeminiStreamPath(url.pathname) || /\btext\/event-stream\b/i.test(headers.get('accept') ?? '');
  // Most bodies do not have the word, and parsing them would be for nothing.
  const json = !isAsked && given !== undefined && mentionsStream(given) ? jsonOf(given) : undefined;
  if (!isAsked && json?.['stream'] !== true) return undefined;

  const { signal } = init;
  // The host checks all arguments. Its own copy of a signal would add a listener that stays.
  const request = new Request(input, { ...init, ...(signal instanceof AbortSignal ? { signal: null } : {}) });
  request.headers.delete('connection');
  const body = await bodyOf(request, given);
  return {
    url: new URL(request.url),
    method,
    headers: request.headers,
    body,
    json: json ?? (body === undefined ? undefined : jsonOf(body)),
    signal: (signal === undefined ? source?.signal : signal) ?? undefined,
    source,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the transport checks it
    dispatcher: (init as { readonly dispatcher?: unknown }).dispatcher as EventStreamOptions['dispatcher'],
    refusesRedirects: request.redirect === 'error',
  };
}

// The host's fetch rejects a call with one of them.
const framingHeaders = ['transfer-encoding', 'keep-alive', 'upgrade', 'expect'] as const;

function urlOf(input: Input): URL | undefined {
  const url = input instanceof Request ? input.url : String(input);
  return URL.canParse(url) ? new URL(url) : undefined;
}

/** Returns the headers; `undefined` for invalid ones, which the host's fetch refuses with words of its own. */
function headersOf(given: Init['headers']): Headers | undefined {
  try {
    return new Headers(given ?? {});
  } catch {
    return undefined;
  }
}

/** Whether a body can be read without using it up. */
function isReadable(body: unknown): body is string | ArrayBuffer | Uint8Array {
  return typeof body === 'string' || body instanceof ArrayBuffer || body instanceof Uint8Array;
}

async function bodyOf(
  request: Request,
  given: string | ArrayBuffer | Uint8Array | undefined,
): Promise<string | Uint8Array | undefined> {
  if (typeof given === 'string') return given;
  return request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
}

function jsonOf(body: string | ArrayBuffer | Uint8Array): Record<string, unknown> | undefined {
  const value = parseJson(typeof body === 'string' ? body : new TextDecoder().decode(body));
  return isRecord(value) ? value : undefined;
}

function mentionsStream(body: string | ArrayBuffer | Uint8Array): boolean {
  if (typeof body === 'string') return body.includes('"stream"');
  const bytes =
    body instanceof ArrayBuffer ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return bytes.includes('"stream"');
}
