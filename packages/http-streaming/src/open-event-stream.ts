import { collectExcerpt, type ExcerptCollector } from './collect-excerpt.ts';
import { createDeadline } from './deadline.ts';
import { HttpStreamError, type HttpStreamErrorCode, type HttpStreamErrorFacts } from './errors.ts';
import { createEventStream, type FedEventStream } from './event-stream.ts';
import { createExchange, type ExchangeHandler } from './exchange.ts';
import { resolveEventStreamOptions } from './options.ts';
import { describeRequest, prepareRequest } from './prepare-request.ts';
import { redactCredentials, showableHeaders } from './redact-credentials.ts';
import { sharedDispatcher } from './shared-dispatcher.ts';
import type { EventStream, EventStreamOptions, EventStreamRequest } from './types.ts';

/**
 * Sends one request. Resolves when the headers of an event stream are in (`text/event-stream`, or a JSON array, which
 * is read as a stream of its elements); from then on the stream reports what happens.
 * @throws HttpStreamError for everything the network or the server does
 * @throws TypeError for a request or options that cannot be meant
 */
export async function openEventStream(
  request: EventStreamRequest,
  options: EventStreamOptions = {},
): Promise<EventStream> {
  const limits = resolveEventStreamOptions(options);
  const outgoing = prepareRequest(request);
  const { signal } = request;
  const startedAt = performance.timeOrigin + performance.now();
  const startedTick = performance.now();
  const elapsedMs = (): number => performance.now() - startedTick;
  const dispatcher = options.dispatcher ?? (await sharedDispatcher(outgoing.url, limits.connectTimeoutMs));

  return new Promise<EventStream>((resolve, reject) => {
    const exchange = createExchange(dispatcher, outgoing);
    const deadline = createDeadline();
    let head: { status: number; headers: Readonly<Record<string, string>> } | undefined;
    let connectedMs: number | undefined;
    let body: FedEventStream | ExcerptCollector | undefined;
    let opened: FedEventStream | undefined;

    const fail = (code: HttpStreamErrorCode, message: string, facts: Partial<HttpStreamErrorFacts> = {}) =>
      new HttpStreamError(code, message, {
        ...facts,
        request: describeRequest(outgoing),
        status: head?.status,
        headers: head && showableHeaders(head.headers),
        bodyExcerpt:
          facts.bodyExcerpt === undefined
            ? undefined
            : redactCredentials(facts.bodyExcerpt, outgoing.headers, outgoing.url),
      });
    const release = (): void => signal?.removeEventListener('abort', onAbort);
    const end = (error: HttpStreamError): void => {
      exchange.abort();
      deadline.stop();
      if (opened !== undefined) return opened.fail(error);
      release();
      reject(error);
    };
    const onAbort = (): void => {
      if (opened !== undefined) opened.stream.cancel(signal?.reason);
      else end(fail('aborted', 'the signal was aborted', { cause: signal?.reason }));
    };
    const expire = (code: 'connect-timeout' | 'headers-timeout', what: string, timeoutMs: number): void => {
      deadline.start(timeoutMs, () => end(fail(code, `${what} within ${timeoutMs} ms`, { timeoutMs })));
    };
    const refuse = (code: 'bad-status' | 'not-event-stream' | 'unsupported-encoding', message: string): void => {
      body = collectExcerpt(head?.headers['content-encoding'], deadline, (text) => {
        end(fail(code, message, { bodyExcerpt: text }));
      });
    };

    const handler: ExchangeHandler = {
      onConnected() {
        connectedMs = elapsedMs();
        expire('headers-timeout', 'no response headers came', limits.headersTimeoutMs);
      },
      onHeaders(status, headers) {
        deadline.stop();
        head = { status, headers };
        if (status < 200 || status > 299) return refuse('bad-status', `the server answered ${status}`);
        const coding = headers['content-encoding'];
        if (coding !== undefined && !/^(?:identity|gzip|x-gzip|deflate|br)$/i.test(coding.trim())) {
          return refuse('unsupported-encoding', `expected identity, gzip, deflate or br, got ${coding}`);
        }
        const times = { startedAt, connectedMs, headersMs: elapsedMs(), elapsedMs };
        opened = createEventStream({ ...head, ...times, exchange, deadline, limits, fail, release });
        body = opened;
        if (opened === undefined || status === 204) {
          opened = undefined;
          return refuse('not-event-stream', `expected an event stream, got ${status} ${contentTypeOf(headers)}`);
        }
        resolve(opened.stream);
      },
      onData: (chunk) => body?.data(chunk),
      onEnd: () => body?.end(),
      onError(cause) {
        if (body !== undefined && opened === undefined) return body.end();
        if (opened !== undefined) {
          const { bytesCount, eventsCount } = opened.stream.timing;
          const message = `the connection was lost after ${eventsCount} events (${bytesCount} bytes): ${cause.message}`;
          return end(fail('connection-lost', message, { cause, bytesCount, eventsCount }));
        }
        end(fail(...failureBeforeHeaders(cause, connectedMs !== undefined), { cause }));
      },
    };

    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    expire('connect-timeout', 'no connection was made', limits.connectTimeoutMs);
    try {
      exchange.send(handler);
    } catch (cause) {
      handler.onError(cause instanceof Error ? cause : new Error(String(cause)));
    }
  });
}

function contentTypeOf(headers: Readonly<Record<string, string>>): string {
  return headers['content-type'] ?? 'without a content type';
}

function failureBeforeHeaders(cause: Error, connected: boolean): [HttpStreamErrorCode, string] {
  if (/^invalid on\w+ method$/.test(cause.message)) {
    return ['invalid-dispatcher', `the dispatcher must come from undici 7 or 8 (${cause.message})`];
  }
  if (connected) return ['connection-lost', `the connection was lost before the headers: ${cause.message}`];
  if ((cause as { code?: unknown }).code === 'UND_ERR_CONNECT_TIMEOUT') return ['connect-timeout', cause.message];
  return ['connect-failed', `no connection: ${causeMessage(cause)}`];
}

// Node's AggregateError, made when several addresses were tried, has an empty message of its own.
function causeMessage(cause: Error): string {
  if (cause.message !== '') return cause.message;
  const errors = (cause as { errors?: unknown }).errors;
  return Array.isArray(errors) ? errors.map(String).join('; ') : cause.name;
}
