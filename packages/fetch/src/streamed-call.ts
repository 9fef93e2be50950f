import { parseGoogleRpcError } from '@gemini/client/wire';
import {
  type EventStream,
  type EventStreamOptions,
  type EventStreamRetryOptions,
  type HttpStreamError,
  openEventStream,
  type ResponseInfo,
  type RetryFailure,
  type RetryPolicy,
} from '@gemini/http-streaming';
import { callError, isHttpStreamError, streamError } from './errors.ts';
import { ArrayFraming, type Framing, PlainFraming, SseFraming } from './framing.ts';
import { hostHeaders, hostResponse } from './host-response.ts';
import type { ResolvedOptions } from './options.ts';
import { failedResponse, refusedResponse } from './refused-response.ts';
import { ResponseBody } from './response-body.ts';
import type { StreamCall } from './stream-call.ts';
import { StreamRelay } from './stream-relay.ts';
import { GeminiWire } from './wires/gemini-wire.ts';
import { recogniseWire } from './wires/recognise-wire.ts';
import type { Wire } from './wires/wire.ts';

/** One call that asks for a stream: sends it, once, and makes the `Response`. */
export class StreamedCall {
  readonly #call: StreamCall;
  readonly #options: ResolvedOptions;
  readonly #wire: Wire;
  #stream: EventStream | undefined;
  /** The head of the last response. */
  #info: ResponseInfo | undefined;
  #takesBytes = false;

  constructor(call: StreamCall, options: ResolvedOptions) {
    this.#call = call;
    this.#options = options;
    const { url, json, headers } = call;
    this.#wire = recogniseWire({ pathname: url.pathname, json, hasHeader: (name) => headers.has(name) }, options);
  }

  /** Resolves when the headers are in; of a JSON body, when its first element is. */
  async open(): Promise<Response> {
    const { url, method, headers, body, signal } = this.#call;
    // What the host's fetch adds, so that a server answers the same.
    const sent = { accept: '*/*', 'user-agent': navigator.userAgent, ...Object.fromEntries(headers) };
    try {
      this.#stream = await openEventStream({ url, method, headers: sent, body, signal }, this.#httpOptions());
    } catch (error) {
      return this.#refused(error);
    }
    const info = this.#info;
    if (info === undefined) throw new TypeError('fetch failed', { cause: new Error('the response has no head') });
    return this.#relay(this.#stream, info);
  }

  #httpOptions(): EventStreamOptions {
    const { http, retry } = this.#options;
    const { dispatcher = http.dispatcher, refusesRedirects } = this.#call;
    return {
      ...http,
      dispatcher,
      ...(refusesRedirects ? { maxRedirects: 0 } : {}),
      retry: retry === false ? false : this.#retryOptions(retry),
      onResponse: (info) => {
        this.#info = info;
        this.#takesBytes = this.#isPassedOn(info);
        return this.#takesBytes ? 'bytes' : undefined;
      },
    };
  }

  /** Whether a body is handed on as it is: of an API that is not known, if it is no event stream. */
  #isPassedOn({ status, headers }: ResponseInfo): boolean {
    if (this.#wire.foreignBody !== 'bytes') return false;
    if (status < 200 || status > 299) return this.#options.retry === false;
    return !/^\s*text\/event-stream\b/i.test(String(headers['content-type']));
  }

  #retryOptions(policy: RetryPolicy): EventStreamRetryOptions {
    if (!(this.#wire instanceof GeminiWire)) return policy;
    const decide = ({ status, bodyExcerpt = '' }: RetryFailure) => {
      const error = parseGoogleRpcError(bodyExcerpt, { httpStatus: status });
      return error && { retry: error.retryable, minDelayMs: error.retryAfterMs };
    };
    return { ...policy, decide };
  }

  async #relay(stream: EventStream, info: ResponseInfo): Promise<Response> {
    const { signal } = this.#call;
    const wire = this.#wire;
    const headers = hostHeaders(info);
    const isJson = !this.#takesBytes && /^\s*application\/json\b/i.test(headers.get('content-type') ?? '');
    const isForeign = isJson && wire.foreignBody === 'none';
    const framing = this.#framing(isJson, isForeign);
    const onOver = (error: unknown): void => this.#onEnd(error);
    const relay = new StreamRelay({ wire, framing, limits: this.#options, signal, isForeign, onOver });
    relay.start(stream);
    if (isJson) {
      // The first element may be an error, which has a status of its own.
      await relay.begun;
      if (signal?.aborted === true) throw signal.reason;
      if (wire.failure !== undefined) return failedResponse(wire.failure, this.#refusal(info));
    }
    if (framing instanceof SseFraming && !this.#takesBytes) headers.set('content-type', 'text/event-stream');
    return hostResponse(relay.body.stream, info, { headers });
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

const unlimited = { maxBufferedBytes: Infinity, unreadTimeoutMs: Infinity };

/** Returns a success that is no event stream, such as a login page: with its text, after which the body fails. */
function foreignResponse(error: HttpStreamError, info: ResponseInfo): Response {
  const body = new ResponseBody(unlimited, { onLeft: () => {}, onFinished: () => {} });
  body.write(error.bodyText ?? '');
  body.fail(streamError(error));
  return hostResponse(body.stream, info);
}
