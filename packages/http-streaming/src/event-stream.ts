import type { SseEvent } from '@gemini/sse-parser';
import { createArrivals } from './arrivals.ts';
import { createBodyFormat, type BodyFormat } from './body-format.ts';
import { classifyDelivery } from './classify-delivery.ts';
import { createContentDecoder, type ContentDecoder } from './content-decoder.ts';
import type { Deadline } from './deadline.ts';
import type { HttpStreamError, HttpStreamErrorCode, HttpStreamErrorFacts } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { iterateEvents } from './iterate-events.ts';
import type { ResolvedEventStreamOptions } from './options.ts';
import type { BodyEnd, EventStream, EventStreamConsumer, StreamTiming } from './types.ts';

/** What the streaming phase takes over from the request that led to it. */
export interface OpenedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly exchange: Exchange;
  readonly deadline: Deadline;
  readonly limits: ResolvedEventStreamOptions;
  readonly startedAt: number;
  readonly connectedMs: number | undefined;
  readonly headersMs: number;
  elapsedMs(): number;
  fail(code: HttpStreamErrorCode, message: string, facts?: Partial<HttpStreamErrorFacts>): HttpStreamError;
  /** Called once, when the stream has ended in any way. */
  release(): void;
}

/** The two sides of a response body: the caller's stream, and what the exchange feeds it with. */
export interface FedEventStream {
  readonly stream: EventStream;
  data(chunk: Uint8Array): void;
  end(): void;
  fail(error: HttpStreamError): void;
}

type Flow = 'unread' | 'flowing' | 'paused' | 'ended';

/** Makes the stream of a response whose headers say that it is one; `undefined` when they do not. */
export function createEventStream(response: OpenedResponse): FedEventStream | undefined {
  const { exchange, deadline, limits } = response;
  const arrivals = createArrivals();
  const bodyEnd = bodyEndOf(response.headers);
  let consumer: EventStreamConsumer | undefined;
  let flow: Flow = 'unread';
  let decoderIsFull = false;
  let finish: (() => void) | undefined;
  let bytesCount = 0;
  let eventsCount = 0;
  let firstByteMs: number | undefined;
  let firstEventMs: number | undefined;
  let endedMs: number | undefined;
  // Events of one read that came after the consumer paused: never more than a read completes.
  const held: SseEvent[] = [];

  const format = createBodyFormat(response.headers['content-type'] ?? '', {
    maxEventBytes: limits.maxEventBytes,
    onEvent(event) {
      eventsCount += 1;
      firstEventMs ??= response.elapsedMs();
      if (flow === 'flowing' && held.length === 0) deliver(event);
      else if (flow !== 'ended') held.push(event);
    },
    onText: (text) => consumer?.text?.(text),
    onForeign: (text) => {
      fail(failure('not-event-stream', 'expected an event stream, got a single JSON value', { bodyExcerpt: text }));
    },
  });
  if (format === undefined) return undefined;
  const decoder = decoderFor(format);

  function failure(code: HttpStreamErrorCode, message: string, facts: Partial<HttpStreamErrorFacts> = {}) {
    return response.fail(code, message, { eventsCount, bytesCount, ...facts });
  }
  function decoderFor(body: BodyFormat): ContentDecoder | undefined {
    const coding = response.headers['content-encoding'];
    if (coding === undefined || coding === 'identity') return undefined;
    return createContentDecoder(coding, {
      onChunk: (chunk) => parse(body, chunk),
      onDrain() {
        decoderIsFull = false;
        steer();
      },
      onEnd: () => endBody(body),
      onError: (cause) => fail(failure('invalid-body', `the ${coding} body cannot be decoded`, { cause })),
    });
  }
  function parse(body: BodyFormat, chunk: Uint8Array): void {
    const before = eventsCount;
    try {
      body.push(chunk);
    } catch (cause) {
      fail(failure('invalid-body', cause instanceof Error ? cause.message : 'the body cannot be read', { cause }));
    }
    arrivals.add(response.elapsedMs(), chunk.byteLength, eventsCount - before, body.pending);
  }
  function endBody(body: BodyFormat): void {
    try {
      body.end();
    } catch (cause) {
      fail(failure('invalid-body', cause instanceof Error ? cause.message : 'the body cannot be read', { cause }));
    }
    settle(() => consumer?.end(bodyEnd));
  }

  function deliver(event: SseEvent): void {
    try {
      consumer?.event(event);
    } catch (cause) {
      fail(failure('consumer-failed', 'the consumer threw', { cause }));
    }
  }
  /** The end waits behind the events that a paused consumer has not taken yet. */
  function settle(tell: () => void): void {
    if (flow === 'ended' || finish !== undefined) return;
    endedMs = response.elapsedMs();
    finish = () => {
      flow = 'ended';
      deadline.stop();
      response.release();
      tell();
    };
    if (flow === 'flowing' && held.length === 0) finish();
  }
  function fail(error: HttpStreamError): void {
    exchange.abort();
    decoder?.destroy();
    settle(() => consumer?.error(error));
  }
  // A callback may have changed the flow, which the compiler cannot see.
  function isFlowing(): boolean {
    return flow === 'flowing';
  }
  function steer(): void {
    if (flow === 'flowing' && !decoderIsFull) exchange.resume();
    else exchange.pause();
  }
  function rest(next: 'unread' | 'paused'): void {
    flow = next;
    steer();
    decoder?.pause();
    deadline.start(limits.unreadTimeoutMs, () => {
      const message = `nobody read the stream for ${limits.unreadTimeoutMs} ms`;
      const error = failure('abandoned', message, { timeoutMs: limits.unreadTimeoutMs });
      held.length = 0;
      fail(error);
      // Nobody reads, so nothing would ever bring the end out: it is told now.
      if (consumer !== undefined) finish?.();
      else response.release();
    });
  }
  function run(): void {
    if (flow === 'ended') return;
    flow = 'flowing';
    for (let event = held.shift(); event !== undefined; event = held.shift()) {
      deliver(event);
      if (!isFlowing()) return;
    }
    if (finish !== undefined) return finish();
    deadline.start(limits.idleTimeoutMs, () => {
      const message = `no byte came for ${limits.idleTimeoutMs} ms`;
      fail(failure('idle-timeout', message, { timeoutMs: limits.idleTimeoutMs }));
    });
    decoder?.resume();
    steer();
  }
  rest('unread');

  const stream: EventStream = {
    status: response.status,
    headers: response.headers,
    get timing(): StreamTiming {
      const { startedAt, connectedMs, headersMs } = response;
      const moments = { startedAt, connectedMs, headersMs, firstByteMs, firstEventMs, endedMs };
      return { ...moments, bytesCount, eventsCount, bodyEnd: endedMs === undefined ? undefined : bodyEnd };
    },
    verdict: () => classifyDelivery(arrivals.list()),
    consume(next) {
      if (consumer !== undefined) throw new TypeError('expected a stream that is not consumed yet: it is read once');
      consumer = next;
      run();
      return {
        pause() {
          if (flow === 'flowing') rest('paused');
        },
        resume() {
          if (flow === 'paused') run();
        },
      };
    },
    cancel(reason) {
      held.length = 0;
      fail(failure('aborted', 'the stream was cancelled', { cause: reason }));
      if (consumer !== undefined) finish?.();
      else response.release();
    },
    [Symbol.asyncIterator]: () => iterateEvents(stream, limits.maxBufferedBytes),
    [Symbol.asyncDispose]() {
      stream.cancel();
      return Promise.resolve();
    },
  };
  return {
    stream,
    data(chunk) {
      firstByteMs ??= response.elapsedMs();
      bytesCount += chunk.byteLength;
      deadline.touch();
      if (decoder === undefined) parse(format, chunk);
      else if (!decoder.write(chunk)) {
        decoderIsFull = true;
        steer();
      }
    },
    end() {
      deadline.stop();
      if (decoder === undefined) endBody(format);
      else decoder.end();
    },
    fail,
  };
}

function bodyEndOf(headers: Readonly<Record<string, string>>): BodyEnd {
  if (/\bchunked\b/i.test(headers['transfer-encoding'] ?? '')) return 'chunked';
  return headers['content-length'] === undefined ? 'close' : 'length';
}
