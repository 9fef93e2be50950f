import { codingOf, type ContentCoding } from './content-decoder.ts';
import { isTlsRefusal, type ConnectPhase, type HttpStreamErrorCode } from './errors.ts';
import type { BodyEnd, ConnectionTimes } from './types.ts';

/** The reason why a response cannot be read as an event stream. */
export interface Refusal {
  readonly code: HttpStreamErrorCode;
  readonly message: string;
}

/** `read`: the body may be an event stream, or a JSON array of the same events. `bytes`: it is not read as either. */
export type ResponseAnswer =
  | { readonly type: 'bytes'; readonly coding: ContentCoding | undefined }
  | { readonly type: 'read'; readonly isJson: boolean; readonly coding: ContentCoding | undefined }
  | ({ readonly type: 'refuse' } & Refusal);

/** Decides by status and headers alone whether a body is read. Pure. */
export function judgeResponse(status: number, headers: Readonly<Record<string, string>>): ResponseAnswer {
  if (status < 200 || status > 299) return refuse('bad-status', `the server answered ${status}`);
  const coding = codingOf(headers);
  if (coding === 'unknown') {
    const got = headers['content-encoding'];
    return refuse('unsupported-encoding', `expected identity, gzip, deflate, br or zstd, got ${got}`);
  }
  const contentType = headers['content-type'];
  // Some gateways send the header twice. Without it, the body decides.
  const mediaType = contentType?.split(/[;,]/, 1)[0]?.trim().toLowerCase() || 'text/event-stream';
  const isJson = mediaType === 'application/json';
  if (status === 204 || !(isJson || mediaType === 'text/event-stream')) {
    const got = `${status} ${contentType ?? 'without a content type'}`;
    return refuse('not-event-stream', `expected an event stream, got ${got}`);
  }
  return { type: 'read', isJson, coding };
}

/** Returns how a body is read that the caller takes as bytes: a coding that cannot be decoded is left as it is. Pure. */
export function takeBytes(headers: Readonly<Record<string, string>>): ResponseAnswer {
  const coding = codingOf(headers);
  return { type: 'bytes', coding: coding === 'unknown' ? undefined : coding };
}

function refuse(code: HttpStreamErrorCode, message: string): ResponseAnswer {
  return { type: 'refuse', code, message };
}

/** Returns why a body that has ended was no event stream, whatever its headers said; `undefined` if it was one. Pure. */
export function refuseBody(
  { bytes, events }: { readonly bytes: number; readonly events: number },
  foreignText: string,
): Refusal | undefined {
  if (bytes === 0) return { code: 'empty-body', message: 'expected an event stream, got an empty body' };
  if (events > 0 || foreignText === '') return undefined;
  return { code: 'not-event-stream', message: 'expected an event stream, got text without an event' };
}

/** Returns what marks the end of a body with these headers (RFC 9112, section 6.3). Pure. */
export function bodyEndOf(headers: Readonly<Record<string, string>>): BodyEnd {
  if (/\bchunked\b/i.test(headers['transfer-encoding'] ?? '')) return 'chunked';
  return headers['content-length'] === undefined ? 'close' : 'length';
}

/** A response that may ask to go elsewhere. */
export interface RedirectQuestion {
  readonly status: number;
  readonly location: string | undefined;
  readonly url: URL;
  readonly method: string;
  /** How many were followed before this one. */
  readonly followed: number;
  readonly maxRedirects: number;
}

/** `none`: the response is no redirect. `follow`: with this method, and with the body unless the method is GET. */
export type RedirectAnswer =
  | { readonly type: 'none' }
  | { readonly type: 'follow'; readonly url: URL; readonly method: string }
  | {
      readonly type: 'refuse';
      readonly code: 'cross-origin-redirect' | 'too-many-redirects' | 'bad-status';
      readonly message: string;
    };

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Follows redirects within the origin only: key and prompt would go along. Method and body are kept, also on 301 and
 * 302, although browsers make a GET of a POST; a 303 asks for exactly that, so it is refused after anything but GET and
 * HEAD. Pure.
 */
export function decideRedirect(question: RedirectQuestion): RedirectAnswer {
  const { status, location, method, followed, maxRedirects } = question;
  if (!redirects.has(status) || location === undefined || !URL.canParse(location, question.url.href)) {
    return { type: 'none' };
  }
  const url = new URL(location, question.url);
  if (url.origin !== question.url.origin) {
    const message = `expected a redirect within ${question.url.origin}, got ${status} to ${url.origin}`;
    return { type: 'refuse', code: 'cross-origin-redirect', message };
  }
  if (status === 303 && method !== 'GET' && method !== 'HEAD') {
    return {
      type: 'refuse',
      code: 'bad-status',
      message: `the server answered 303, which would make a GET of a ${method}`,
    };
  }
  if (followed >= maxRedirects) {
    const message = `expected at most ${maxRedirects} redirects, got another ${status}`;
    return { type: 'refuse', code: 'too-many-redirects', message };
  }
  url.username = '';
  url.password = '';
  return { type: 'follow', url, method };
}

/** The progress of a request when its connection failed. */
export interface FailureProgress {
  readonly isConnected: boolean;
  /** The first byte of a response is in. */
  readonly isResponding: boolean;
  /** The connection, if it is known which one the request got. */
  readonly connection: ConnectionTimes | undefined;
}

/** The meaning of a dispatcher's error. */
export interface ClassifiedFailure {
  readonly code: HttpStreamErrorCode;
  readonly message: string;
  readonly connectPhase?: ConnectPhase | undefined;
  readonly reusedConnection?: boolean | undefined;
}

/** Names the failure of an exchange that has no response headers yet. Pure. */
export function classifyFailure(
  cause: Error,
  { isConnected, isResponding, connection }: FailureProgress,
): ClassifiedFailure {
  // undici 6 asks for callbacks that undici 8's handlers no longer have.
  if (/^invalid on\w+ method$/.test(cause.message)) {
    return {
      code: 'invalid-dispatcher',
      message: `the dispatcher must come from undici 7 or 8 (${cause.message})`,
    };
  }
  if ((cause as { code?: unknown }).code === 'UND_ERR_HEADERS_OVERFLOW') {
    return { code: 'invalid-body', message: 'the response headers are larger than the limit of the dispatcher' };
  }
  const connectPhase = connectPhaseOf(cause);
  if (isConnected && connectPhase !== 'proxy') {
    const reusedConnection = !isResponding && (connection?.reused ?? isReusedSocket(cause));
    const lost = reusedConnection ? 'the kept-alive connection' : 'the connection';
    return {
      code: 'connection-lost',
      message: `${lost} was lost before the headers: ${messageOf(cause)}`,
      reusedConnection,
    };
  }
  if ((cause as { code?: unknown }).code === 'UND_ERR_CONNECT_TIMEOUT') {
    return { code: 'connect-timeout', message: messageOf(cause), connectPhase };
  }
  const phase = connectPhase === undefined ? '' : ` (${connectPhase})`;
  return { code: 'connect-failed', message: `no connection${phase}: ${messageOf(cause)}`, connectPhase };
}

/** undici's own errors bring the socket: with a byte read from it, it had carried another response. */
function isReusedSocket(error: Error): boolean {
  const { socket } = error as { socket?: { bytesRead?: unknown } | null };
  return typeof socket?.bytesRead === 'number' && socket.bytesRead > 0;
}

// Node's AggregateError, made when several addresses were tried, has an empty message of its own.
function messageOf(cause: Error): string {
  if (cause.message !== '') return cause.message;
  const errors = (cause as { errors?: unknown }).errors;
  return Array.isArray(errors) ? errors.map(String).join('; ') : cause.name;
}

/** Returns the step of connecting that an error of Node or undici speaks of; `undefined` if it does not say. Pure. */
export function connectPhaseOf(error: unknown): ConnectPhase | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall, errors } = error as { code?: unknown; syscall?: unknown; errors?: unknown };
  const name = typeof code === 'string' ? code : '';
  if (/^proxy /i.test(error.message) || name.startsWith('UND_ERR_PRX')) return 'proxy';
  if (syscall === 'getaddrinfo' || /^E(?:AI_|NOTFOUND)/.test(name)) return 'dns';
  // The second is a connection that ended during the handshake.
  if (isTlsRefusal(error) || /secure TLS connection/.test(error.message)) return 'tls';
  if (syscall === 'connect' || name === 'UND_ERR_CONNECT_TIMEOUT') return 'tcp';
  // Several addresses were tried: the last one speaks for all.
  return Array.isArray(errors) ? connectPhaseOf(errors.at(-1)) : undefined;
}
