import { parseGoogleRpcError } from '@gemini/client/wire';
import {
  type EventStream,
  type EventStreamOptions,
  type EventStreamRetryOptions,
  type HttpStreamError,
  openEventStream,
  type ResponseInfo,
  retryDelayMs,
  type RetryFailure,
  type RetryPolicy,
} from '@gemini/http-streaming';
import { setTimeout as sleep } from 'node:timers/promises';
import { callError, isHttpStreamError, StreamingFetchError, streamError } from './errors.ts';
import { ArrayFraming, type Framing, PlainFraming, SseFraming } from './framing.ts';
import { hostHeaders, hostResponse } from './host-response.ts';
import type { ResolvedOptions } from './options.ts';
import { failedResponse, refusedResponse } from './refused-response.ts';
import { ResponseBody } from './response-body.ts';
import type { StreamCall } from './stream-call.ts';
import { StreamRelay } from './stream-relay.ts';
import { GeminiWire } from './wires/gemini-wire.ts';
import { recogniseWire } from './wires/recognise-wire.ts';
import type { Wire, WireFailure } from './wires/wire.ts';

/** One call that asks for a stream: sends it, once, and makes the `Response`. */
export class StreamedCall {
  readonly #call: StreamCall;
  readonly #options: ResolvedOptions;
  #wire: Wire;
  #stream: EventStream | undefined;
  /** The head of the last response. */
  #info: ResponseInfo | undefined;
  #takesBytes = false;
  readonly #startedAt = performance.now();
  #spentAttempts = 0;
  /** The end of a stream whose `Response` is not out yet: another attempt may follow. */
  #heldEnd: { readonly error: unknown } | undefined;
  #isHandedOut = false;

  constructor(call: StreamCall, options: ResolvedOptions) {
    this.#call = call;
    this.#options = options;
    this.#wire = this.#recogniseWire();
  }

  /**
   * Resolves when the headers are in; of a JSON body, when its first element is. With `retry` it waits for the first event
   * of any stream: an error in its place may be followed by another attempt.
   */
  async open(): Promise<Response> {
    let response = await this.#attempt();
    while (response === undefined) {
      this.#wire = this.#recogniseWire();
      response = await this.#attempt();
    }
    this.#isHandedOut = true;
    if (this.#heldEnd !== undefined) this.#onEnd(this.#heldEnd.error);
    return response;
  }

  #recogniseWire(): Wire {
    const { url, json, headers } = this.#call;
    const request = { pathname: url.pathname, json, hasHeader: (name: string) => headers.has(name) };
    return recogniseWire(request, this.#options);
  }

  /** Returns nothing if another attempt is due. */
  async #attempt(): Promise<Response | undefined> {
    const { url, method, headers, body, signal } = this.#call;
    // What the host's fetch adds, so that a server answers the same.
    const sent = { accept: '*/*', 'user-agent': navigator.userAgent, ...Object.fromEntries(headers) };
    try {
      this.#stream = await openEventStream({ url, method, headers: sent, body, signal }, this.#httpOptions());
    } catch (error) {
      return this.#refused(error);
    }
    this.#spentAttempts += this.#stream.attempt;
    const info = this.#info;
    if (info === undefined) throw new TypeError('fetch failed', { cause: new Error('the response has no head') });
    return this.#relay(this.#stream, info);
  }

  #httpOptions(): EventStreamOptions {
    const { http, retry, onRetry } = this.#options;
    const spentAttempts = this.#spentAttempts;
    const { dispatcher = http.dispatcher, refusesRedirects } = this.#call;
    const elapsedMs = this.#spentAttempts === 0 ? 0 : performance.now() - this.#startedAt;
    return {
      ...http,
      dispatcher,
      ...(http.totalTimeoutMs === undefined ? {} : { totalTimeoutMs: Math.max(1, http.totalTimeoutMs - elapsedMs) }),
      ...(refusesRedirects ? { maxRedirects: 0 } : {}),
      retry: retry === false ? false : this.#retryOptions(retry),
      onRetry: onRetry && (({ attempt, ...info }) => onRetry({ attempt: spentAttempts + attempt, ...info })),
      onResponse: (info) => {
        this.#info = info;
        this.#takesBytes = this.#isPassedOn(info);
        if (this.#takesBytes) return 'bytes';
        return vagueType.test(String(info.headers['content-type'])) ? 'events' : undefined;
      },
    };
  }

  /** Whether a body is handed on as it is: of an API that is not known, if it is no event stream. */
  #isPassedOn({ status, headers }: ResponseInfo): boolean {
    if (this.#wire.foreignBody !== 'bytes') return false;
    if (status < 200 || status > 299) return this.#options.retry === false;
    return !/^\s*text\/event-stream\b/i.test(String(headers['content-type']));
  }

  #retryOptions(full: RetryPolicy): EventStreamRetryOptions {
    const policy = { ...full, maxAttempts: Math.max(1, full.maxAttempts - this.#spentAttempts) };
    if (!(this.#wire instanceof GeminiWire)) return policy;
    const decide = ({ status, bodyText = '' }: RetryFailure) => {
      const error = parseGoogleRpcError(bodyText, { httpStatus: status });
      return error && { retry: error.retryable, minDelayMs: error.retryAfterMs };
    };
    return { ...policy, decide };
  }

  async #relay(stream: EventStream, info: ResponseInfo): Promise<Response | undefined> {
    const { signal } = this.#call;
    const wire = this.#wire;
    const headers = hostHeaders(info);
    const isJson = !this.#takesBytes && /^\s*application\/json\b/i.test(headers.get('content-type') ?? '');
    const isForeign = isJson && wire.foreignBody === 'none';
    const framing = this.#framing(isJson, isForeign);
    const onOver = (error: unknown): void => {
      if (this.#isHandedOut) this.#onEnd(error);
      else this.#heldEnd = { error };
    };
    const relay = new StreamRelay({ wire, framing, limits: this.#options, signal, isForeign, onOver });
    relay.start(stream);
    if (isJson || this.#options.retry !== false) {
      // The first event may be an error: in JSON, it has a status of its own.
      await relay.begun;
      if (signal?.aborted === true) return this.#refused(signal.reason);
      // One read may bring an answer and the error behind it.
      const failure = stream.timing.eventsCount <= 1 ? wire.failure : undefined;
      const delayMs = failure && this.#delayBeforeRetry(failure);
      if (failure !== undefined && delayMs !== undefined) return this.#wait(failure, delayMs);
      if (isJson && failure !== undefined) return failedResponse(failure, this.#refusal(info));
    }
    if (framing instanceof SseFraming && !this.#takesBytes) headers.set('content-type', 'text/event-stream');
    return hostResponse(relay.body.stream, info, { headers });
  }

  /** Returns the wait before another attempt after an error that came first; `undefined` if none is due. */
  #delayBeforeRetry({ isTransient, retryAfterMs = 0 }: WireFailure): number | undefined {
    const { retry } = this.#options;
    if (retry === false || !isTransient || this.#spentAttempts >= retry.maxAttempts) return undefined;
    return retryAfterMs > retry.maxDelayMs ? undefined : retryDelayMs(retry, this.#spentAttempts, retryAfterMs);
  }

  async #wait({ status, retryAfterMs }: WireFailure, delayMs: number): Promise<Response | undefined> {
    const { signal } = this.#call;
    const error = new StreamingFetchError('api-error', 'the server sent an error', { status, retryAfterMs });
    try {
      this.#options.onRetry?.({ attempt: this.#spentAttempts, delayMs, error });
    } catch (thrown) {
      return this.#refused(thrown);
    }
    try {
      await sleep(delayMs, undefined, { signal });
    } catch {
      return this.#refused(signal?.reason);
    }
    this.#heldEnd = undefined;
    return undefined;
  }

  #framing(isJson: boolean, isForeign: boolean): Framing {
    if (isForeign) return new PlainFraming();
    const asksForArray = this.#call.url.searchParams.get('alt') !== 'sse';
    return isJson && asksForArray ? new ArrayFraming() : new SseFraming();
  }

  /** No event stream was opened: makes the `Response` of what came, or throws. */
  #refused(error: unknown): Response {
    const { signal, refusesRedirects } = this.#call;
    const info = this.#info;
    if (signal?.aborted === true) {
      this.#onEnd(signal.reason);
      throw signal.reason;
    }
    this.#onEnd(error);
    if (!isHttpStreamError(error)) throw error;
    if (refusesRedirects && error.code === 'too-many-redirects') throw new TypeError('fetch failed', { cause: error });
    if (info === undefined) throw callError(error);
    if (error.code === 'bad-status') return refusedResponse(error, this.#refusal(info));
    if (error.code === 'not-event-stream' || error.code === 'unsupported-encoding') return foreignResponse(error, info);
    throw callError(error);
  }

  #refusal(info: ResponseInfo) {
    return { info, wire: this.#wire, maxDelayMs: this.#options.maxDelayMs };
  }

  #onEnd(error: unknown): void {
    const { onEnd } = this.#options;
    if (onEnd === undefined) return;
    const { method, url } = this.#call;
    const stream = this.#stream;
    const request = `${method} ${url.origin}${url.pathname}`;
    try {
      onEnd({ request, verdict: stream?.verdict(), timing: stream?.timing, usage: this.#wire.usage, error });
    } catch (thrown) {
      // The stream is over, so the error goes to the process.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }
}

/** Types that some gateways give every body. If there is no event in it, the transport refuses it at its end. */
const vagueType = /^\s*(?:text\/plain|application\/octet-stream)\b/i;

const unlimited = { maxBufferedBytes: Infinity, unreadTimeoutMs: Infinity };

/** Returns a success that is no event stream, such as a login page: with its text, after which the body fails. */
function foreignResponse(error: HttpStreamError, info: ResponseInfo): Response {
  const body = new ResponseBody(unlimited, { onLeft: () => {}, onFinished: () => {} });
  body.write(error.bodyText ?? '');
  body.fail(streamError(error));
  return hostResponse(body.stream, info);
}
