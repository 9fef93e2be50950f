import { on } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { GoogleError } from '../wire/google-error.ts';
import { redactHeaders, redactTarget, secretsOf } from '../wire/redact.ts';
import type { Reply, WireStep } from '../wire/reply.ts';
import type { Exchange, ExchangeEnd, RecordedChunk } from './cassette.ts';
import type { Recorder } from './recorder.ts';

/** A request that is to be passed on. */
export interface ProxiedRequest {
  readonly method: string;
  /** Path and query as they are to reach the target, credentials included. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
  /** Aborted when the client has left. */
  readonly signal: AbortSignal;
}

/** Headers of one connection, not of the message (RFC 9110, section 7.6.1), and those that are made anew. */
const hopByHop = new Set(
  `connection keep-alive proxy-connection proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade
  host content-length expect x-emulator-scenario x-emulator-seed`.split(/\s+/u),
);

/** Passes a request on to the target and gives back its answer as it comes; the exchange is recorded when it is over. */
export async function proxyRequest(target: string, request: ProxiedRequest, recorder: Recorder): Promise<Reply> {
  const startedMs = performance.now();
  const over = recorder.begin();
  const chunks: RecordedChunk[] = [];
  let response: Exchange['response'];
  let isOver = false;
  const finish = (how: ExchangeEnd): void => {
    if (isOver) return;
    isOver = true;
    const exchange: Exchange = {
      method: request.method,
      path: redactTarget(request.path),
      requestHeaders: withoutRedacted(redactHeaders(request.headers)),
      requestBody: request.body,
      response,
      chunks,
      end: { atMs: performance.now() - startedMs, how },
    };
    over(maskSecrets(exchange, secretsOf(request.headers, request.path)));
  };
  let incoming: IncomingMessage;
  try {
    incoming = await send(target, request);
  } catch (error) {
    finish(request.signal.aborted ? 'client-left' : 'no-response');
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
    throw new GoogleError('UNAVAILABLE', `The target of the recording could not be reached (${code}).`);
  }
  // Where a fault never reads the body, or the client has left already, nobody else would end the exchange.
  const leave = (): void => {
    setImmediate(() => {
      incoming.destroy();
      finish('client-left');
    });
  };
  if (request.signal.aborted) leave();
  else request.signal.addEventListener('abort', leave, { once: true });
  const headers = forwardable(incoming.headers);
  const status = incoming.statusCode ?? 502;
  response = { atMs: performance.now() - startedMs, status, headers: withoutRedacted(redactHeaders(headers)) };
  const length = incoming.headers['content-length'];
  const { maxExchangeBytes } = recorder;
  let bodyBytes = 0;
  const note = (bytes: Uint8Array): void => {
    chunks.push({ atMs: performance.now() - startedMs, bytes });
    bodyBytes += bytes.byteLength;
    if (bodyBytes <= maxExchangeBytes) return;
    const message = `record.maxExchangeBytes: an answer was cut at ${bodyBytes} bytes, more than ${maxExchangeBytes}`;
    const error = new RangeError(message);
    recorder.fail(error);
    incoming.destroy(error);
  };
  return {
    status,
    headers: length === undefined ? headers : { ...headers, 'content-length': length },
    body: passOn(incoming, note, finish, request.signal),
  };
}

async function* passOn(
  incoming: IncomingMessage,
  note: (bytes: Uint8Array) => void,
  finish: (how: ExchangeEnd) => void,
  signal: AbortSignal,
): AsyncGenerator<WireStep> {
  let how: ExchangeEnd = 'client-left';
  let wasReset = false;
  // An error of the system's has a code; the one that cuts an answer which is too large has none.
  incoming.socket.on('error', (error) => (wasReset ||= 'code' in error));
  // By event: an iterator of the message would join what came in several pieces. Times are taken as they come.
  incoming.on('data', note);
  const arriving = on(incoming, 'data', { close: ['end'], highWaterMark: 64, lowWaterMark: 16 });
  try {
    // The headers are passed on when they come, which may be long before the first byte.
    yield { type: 'head' };
    for await (const [bytes] of arriving as AsyncIterable<[Uint8Array]>) yield { type: 'write', bytes };
    how = 'complete';
  } catch {
    if (signal.aborted) return;
    how = wasReset ? 'reset' : 'cut';
    yield { type: how === 'reset' ? 'reset' : 'close' };
  } finally {
    incoming.destroy();
    finish(how);
  }
}

function send(target: string, { method, path, headers, body, signal }: ProxiedRequest): Promise<IncomingMessage> {
  const { origin, pathname, protocol } = new URL(target);
  const open = protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing: ClientRequest = open(`${origin}${pathname.replace(/\/$/u, '')}${path}`, {
      method,
      signal,
      headers: { ...forwardable(headers), ...(body.byteLength > 0 ? { 'content-length': `${body.byteLength}` } : {}) },
    });
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

function forwardable(headers: ProxiedRequest['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name, value]) => value !== undefined && !name.startsWith(':') && !hopByHop.has(name))
      .map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value)]),
  );
}

function withoutRedacted(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== '[redacted]'));
}

/** Shorter texts are no credentials; masking them would only eat into the recording. */
const shortest = 6;

/**
 * The exchange with every one of the secrets replaced by asterisks of the same length wherever it stands, in headers
 * and in bodies, also across the border of two chunks: sizes and borders stay.
 */
export function maskSecrets(exchange: Exchange, secrets: readonly string[]): Exchange {
  const wanted = secrets.filter((secret) => secret.length >= shortest);
  if (wanted.length === 0) return exchange;
  const { response, requestHeaders, requestBody, path, chunks } = exchange;
  return {
    ...exchange,
    path: maskText(path, wanted),
    requestHeaders: maskHeaders(requestHeaders, wanted),
    requestBody: maskBytes(requestBody, wanted),
    response: response && { ...response, headers: maskHeaders(response.headers, wanted) },
    chunks: maskChunks(chunks, wanted),
  };
}

function maskHeaders(
  headers: Readonly<Record<string, string>>,
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, maskText(value, secrets)]));
}

function maskText(text: string, secrets: readonly string[]): string {
  return secrets.reduce((masked, secret) => masked.replaceAll(secret, '*'.repeat(secret.length)), text);
}

function maskBytes(bytes: Uint8Array, secrets: readonly string[]): Uint8Array {
  const masked = Buffer.from(bytes);
  for (const secret of secrets) {
    const sought = Buffer.from(secret, 'utf8');
    for (let at = masked.indexOf(sought); at !== -1; at = masked.indexOf(sought, at + sought.length))
      masked.fill('*', at, at + sought.length);
  }
  return masked;
}

function maskChunks(chunks: readonly RecordedChunk[], secrets: readonly string[]): readonly RecordedChunk[] {
  const whole = maskBytes(Buffer.concat(chunks.map(({ bytes }) => bytes)), secrets);
  let start = 0;
  return chunks.map(({ atMs, bytes }) => {
    const end = start + bytes.byteLength;
    const own = whole.subarray(start, end);
    start = end;
    return { atMs, bytes: own };
  });
}
