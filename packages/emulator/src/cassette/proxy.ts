import { on } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { GoogleError } from '../wire/google-error.ts';
import { isCredentialHeader, redactBytes, redactHeaders, redactTarget, redactText, secretsOf } from '../wire/redact.ts';
import type { Reply, WireStep } from '../wire/reply.ts';
import type { Exchange, ExchangeEnd, RecordedChunk } from './cassette.ts';
import type { Recorder } from './recorder.ts';

/** A request to forward. */
interface ProxiedRequest {
  readonly method: string;
  /** Path and query, including credentials. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
  /** Aborted when the client has left. */
  readonly signal: AbortSignal;
}

/** Connection headers (RFC 9110, section 7.6.1), and headers that the proxy sets itself. */
const hopByHop = new Set(
  `connection keep-alive proxy-connection proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade
  host content-length expect x-emulator-scenario x-emulator-seed`.split(/\s+/u),
);

/** Forwards a request to the target and returns its response as it arrives. Records the exchange when it has ended. */
export async function proxyRequest(target: string, request: ProxiedRequest, recorder: Recorder): Promise<Reply> {
  const startedMs = performance.now();
  const end = recorder.begin();
  const chunks: RecordedChunk[] = [];
  let response: Exchange['response'];
  let hasEnded = false;
  const finish = (how: ExchangeEnd): void => {
    if (hasEnded) return;
    hasEnded = true;
    const exchange: Exchange = {
      method: request.method,
      path: redactTarget(request.path),
      requestHeaders: withoutCredentials(request.headers),
      requestBody: request.body,
      response,
      chunks,
      end: { atMs: performance.now() - startedMs, how },
    };
    end(redactExchange(exchange, secretsOf(request.headers, request.path)));
  };
  let incoming: IncomingMessage;
  try {
    incoming = await send(target, request);
  } catch (error) {
    finish(request.signal.aborted ? 'client-left' : 'no-response');
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
    throw new GoogleError('UNAVAILABLE', `The recorded server is unreachable (${code}).`);
  }
  // Only this ends the exchange if a fault never reads the body, or if the client has left already.
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
  response = { atMs: performance.now() - startedMs, status, headers: withoutCredentials(headers) };
  const length = incoming.headers['content-length'];
  const { maxExchangeBytes } = recorder;
  let bodyBytes = 0;
  const onBytes = (bytes: Uint8Array): void => {
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
    body: passOn(incoming, onBytes, finish, request.signal),
  };
}

async function* passOn(
  incoming: IncomingMessage,
  onBytes: (bytes: Uint8Array) => void,
  finish: (how: ExchangeEnd) => void,
  signal: AbortSignal,
): AsyncGenerator<WireStep> {
  let how: ExchangeEnd = 'client-left';
  let wasReset = false;
  // A system error has a code; the error that cuts a body above the limit does not.
  incoming.socket.on('error', (error) => (wasReset ||= 'code' in error));
  // Events keep the chunks and their times separate; iterating the message would join chunks.
  incoming.on('data', onBytes);
  const arriving = on(incoming, 'data', { close: ['end'], highWaterMark: 64, lowWaterMark: 16 });
  try {
    // The headers may arrive long before the first byte of the body.
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
      // A compressed body would hide credentials that the server echoes.
      headers: {
        ...forwardable(headers),
        'accept-encoding': 'identity',
        ...(body.byteLength > 0 ? { 'content-length': `${body.byteLength}` } : {}),
      },
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

function withoutCredentials(headers: ProxiedRequest['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(redactHeaders(headers)).filter(([name]) => !isCredentialHeader(name)));
}

/** Masks the secrets in headers and bodies, including those that two chunks share. Keeps sizes and chunk boundaries. */
function redactExchange(exchange: Exchange, secrets: readonly string[]): Exchange {
  if (secrets.length === 0) return exchange;
  const { response, requestHeaders, requestBody, path, chunks } = exchange;
  const redactValues = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, redactText(value, secrets)]));
  return {
    ...exchange,
    path: redactText(path, secrets),
    requestHeaders: redactValues(requestHeaders),
    requestBody: redactBytes(requestBody, secrets),
    response: response && { ...response, headers: redactValues(response.headers) },
    chunks: redactChunks(chunks, secrets),
  };
}

function redactChunks(chunks: readonly RecordedChunk[], secrets: readonly string[]): readonly RecordedChunk[] {
  const body = redactBytes(Buffer.concat(chunks.map(({ bytes }) => bytes)), secrets);
  let start = 0;
  return chunks.map(({ atMs, bytes }) => {
    const end = start + bytes.byteLength;
    const chunk = body.subarray(start, end);
    start = end;
    return { atMs, bytes: chunk };
  });
}
