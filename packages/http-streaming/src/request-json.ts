// oxlint-disable-next-line typescript/triple-slash-reference -- packages above compile this source and must see it
/// <reference path="./undici-modules.d.ts" />
import type { Dispatcher } from 'undici';
import sendRequest from 'undici/lib/api/api-request.js';
import { sharedDispatcher } from './connection.ts';
import { maxForeignLength } from './content-decoder.ts';
import { HttpStreamError, type HttpStreamErrorCode } from './errors.ts';
import { type EventStreamOptions, refuseUnknown, resolveEventStreamOptions } from './options.ts';
import { redactCredentials, redactHeaders, redactPiece } from './redact.ts';
import { type OutgoingRequest, prepareRequest } from './request.ts';
import { classifyFailure } from './response-rules.ts';
import { parseRetryAfter } from './retry.ts';
import { longestTimeoutMs } from './time-limits.ts';
import type { EventStreamRequest } from './types.ts';

/** Options of a request that is no stream. Times are in milliseconds; `Infinity` turns a limit off. */
export interface JsonRequestOptions extends Pick<EventStreamOptions, 'dispatcher' | 'totalTimeoutMs'> {
  /**
   * The largest body, in bytes.
   * @defaultValue 134 217 728 (128 MiB). Past it: `invalid-body`.
   */
  readonly maxBodyBytes?: number | undefined;
}

/** The answer to a request that is no stream. */
export interface JsonResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed body; `undefined` if it is empty. */
  readonly value: unknown;
}

/** The default of `maxBodyBytes`. */
export const defaultMaxBodyBytes = 128 * 1024 * 1024;

/**
 * Sends one request, once, and returns the JSON of its body. Redirects are not followed.
 * @throws HttpStreamError `bad-status` for any status but 2xx, with up to 1 MiB of the body in `bodyText`; `invalid-body` for a body that
 * is not JSON or too large; `total-timeout`; `aborted`; and for everything that the network does
 * @throws TypeError for an invalid request and an invalid or unknown option
 */
export async function requestJson(
  request: EventStreamRequest,
  options: JsonRequestOptions = {},
): Promise<JsonResponse> {
  refuseUnknown('', options, ['dispatcher', 'totalTimeoutMs', 'maxBodyBytes']);
  const { maxBodyBytes = defaultMaxBodyBytes, dispatcher: given } = options;
  if (typeof maxBodyBytes !== 'number' || !(maxBodyBytes > 0)) {
    throw new TypeError(`maxBodyBytes: expected a number above 0 (Infinity turns it off), got ${String(maxBodyBytes)}`);
  }
  const { connectTimeoutMs, totalTimeoutMs } = resolveEventStreamOptions({
    dispatcher: given,
    totalTimeoutMs: options.totalTimeoutMs,
  });
  const url = request.url instanceof URL ? request.url : new URL(request.url);
  const outgoing = prepareRequest(url, { ...request, headers: { accept: 'application/json', ...request.headers } });
  const dispatcher = given ?? (await sharedDispatcher(url.hostname, connectTimeoutMs));
  // A timer of more than this would end at once.
  const timeout = totalTimeoutMs > longestTimeoutMs ? undefined : AbortSignal.timeout(Math.ceil(totalTimeoutMs));
  const signals = [request.signal, timeout].filter((signal) => signal !== undefined);
  const exchange = new JsonExchange(outgoing, maxBodyBytes);
  try {
    return await exchange.send(dispatcher, signals.length === 0 ? undefined : AbortSignal.any(signals));
  } catch (cause) {
    if (cause instanceof HttpStreamError) throw cause;
    if (request.signal?.aborted === true) throw exchange.failure('aborted', 'the request was aborted', { cause });
    if (timeout?.aborted === true) {
      const facts = { timeoutMs: totalTimeoutMs, cause };
      throw exchange.failure('total-timeout', `no answer came within ${totalTimeoutMs} ms`, facts);
    }
    throw exchange.lost(cause instanceof Error ? cause : new Error(String(cause)));
  }
}

/** One request and its answer. */
class JsonExchange {
  readonly #request: OutgoingRequest;
  readonly #maxBodyBytes: number;
  #status: number | undefined;
  #headers: Readonly<Record<string, string>> = {};

  constructor(request: OutgoingRequest, maxBodyBytes: number) {
    this.#request = request;
    this.#maxBodyBytes = maxBodyBytes;
  }

  async send(dispatcher: Dispatcher, signal: AbortSignal | undefined): Promise<JsonResponse> {
    const { origin, path, method, headers, body } = this.#request;
    const response = await sendRequest.call(dispatcher, {
      origin,
      path,
      method,
      headers,
      body: body ?? null,
      signal: signal ?? null,
    });
    const status = response.statusCode;
    this.#status = status;
    this.#headers = flatHeaders(response.headers);
    if (status < 200 || status > 299) {
      const bodyText = await readUpTo(maxForeignLength, response.body);
      throw this.failure('bad-status', `the server answered ${status}`, { bodyText });
    }
    const text = await this.#readText(response.body);
    return { status, headers: this.#headers, value: text.trim() === '' ? undefined : this.#parse(text) };
  }

  failure(
    code: HttpStreamErrorCode,
    message: string,
    facts: { readonly bodyText?: string; readonly timeoutMs?: number; readonly cause?: unknown } = {},
  ): HttpStreamError {
    const { origin, path, method } = this.#request;
    const { bodyText } = facts;
    return new HttpStreamError(code, redactCredentials(message, this.#request), {
      ...facts,
      request: `${method} ${origin}${path.split('?', 1)[0] ?? ''}`,
      status: this.#status,
      headers: redactHeaders(this.#headers, this.#request),
      bodyText: bodyText && redactPiece(bodyText.slice(0, maxForeignLength), this.#request),
      retryAfterMs: parseRetryAfter(this.#headers['retry-after'], Date.now()),
      attempts: 1,
    });
  }

  lost(cause: Error): HttpStreamError {
    const isResponding = this.#status !== undefined;
    const { code, message } = classifyFailure(cause, {
      isConnected: isResponding,
      isResponding,
      connection: undefined,
    });
    return this.failure(code, message, { cause });
  }

  async #readText(body: AsyncIterable<Uint8Array>): Promise<string> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      if (bytes > this.#maxBodyBytes) {
        throw this.failure('invalid-body', `the body has more than ${this.#maxBodyBytes} bytes`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw this.failure('invalid-body', 'the body is not JSON', { bodyText: text });
    }
  }
}

/** Reads a body to its end, or up to a length in bytes; then its connection is closed. */
async function readUpTo(maxBytes: number, body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= maxBytes) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, maxBytes);
}

function flatHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}
