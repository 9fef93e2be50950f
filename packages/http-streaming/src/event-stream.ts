import type { Dispatcher } from 'undici';
import { createAttempts, type Attempts } from './attempts.ts';
import type { ResponseHead } from './attempt.ts';
import { bodyEndOf } from './body-end.ts';
import type { BodyCounts } from './body-reader.ts';
import { classifyDelivery } from './classify-delivery.ts';
import { createDeadline } from './deadline.ts';
import { createDelivery } from './delivery.ts';
import type { HttpStreamError, HttpStreamErrorCode, HttpStreamErrorFacts } from './errors.ts';
import type { OutgoingRequest } from './exchange.ts';
import { createFlightRecorder } from './flight-recorder.ts';
import { iterateEvents } from './iterate-events.ts';
import type { ResolvedEventStreamOptions } from './options.ts';
import { describeRequest } from './prepare-request.ts';
import type { EventStream, StreamTiming } from './types.ts';

/** What a call of `openEventStream` has settled before anything is sent. */
export interface StreamSetup {
  readonly request: OutgoingRequest;
  readonly dispatcher: Dispatcher;
  readonly limits: ResolvedEventStreamOptions;
  readonly signal: AbortSignal | undefined;
  /** When it was called, on the clock of `performance.now()`. */
  readonly startedTick: number;
}

/** Sends the request, again where that is due; resolves when the headers of an event stream are in. */
export function startEventStream(setup: StreamSetup): Promise<EventStream> {
  const { request, limits, signal, startedTick } = setup;
  const { promise, resolve, reject } = Promise.withResolvers<EventStream>();
  const elapsedMs = (): number => performance.now() - startedTick;
  const recorder = createFlightRecorder(describeRequest(request), elapsedMs);
  const totalDeadline = createDeadline();
  // Of the last response that was an event stream: there when anybody has the stream in hand.
  let head: ResponseHead = { status: 0, headers: {} };
  let isOpen = false;
  let over = false;
  let stopped = false;

  const attempts = createAttempts(
    { ...setup, elapsedMs, recorder },
    {
      opened() {
        head = attempts.current().head() ?? head;
        if (isOpen) return;
        isOpen = true;
        delivery.open();
        resolve(stream);
      },
      event: (event) => delivery.event(event),
      text: (text) => delivery.text(text),
      ended(bodyEnd) {
        finish();
        delivery.end({ bodyEnd });
      },
      failed(error) {
        finish(error);
        if (isOpen) delivery.end({ error });
        else reject(error);
      },
    },
  );
  const delivery = createDelivery({
    unreadTimeoutMs: limits.unreadTimeoutMs,
    onFlow(flowing) {
      if (flowing) attempts.resume();
      else attempts.pause();
    },
    onUnread() {
      const timeoutMs = limits.unreadTimeoutMs;
      stop('abandoned', `nobody read the stream for ${timeoutMs} ms`, { timeoutMs });
    },
    onConsumerFailed: (cause) => stop('consumer-failed', 'the consumer threw', { cause }),
  });

  function finish(error?: HttpStreamError): void {
    if (over) return;
    over = true;
    totalDeadline.stop();
    signal?.removeEventListener('abort', onAbort);
    const { bytes: bytesCount, events: eventsCount } = countsOf(attempts);
    recorder.note('end', attempts.count(), { status: head.status, code: error?.code, bytesCount, eventsCount });
  }
  /** Ended from this side: by the caller, or by a limit. */
  function stop(code: HttpStreamErrorCode, message: string, facts: Partial<HttpStreamErrorFacts>): void {
    if (stopped || delivery.isEnded() || (over && !isOpen)) return;
    stopped = true;
    const error = attempts.abort(code, message, facts);
    finish(error);
    if (isOpen) delivery.drop(error);
    else reject(error);
  }
  function onAbort(): void {
    stop('aborted', 'the signal was aborted', { cause: signal?.reason });
  }

  const stream: EventStream = {
    get status() {
      return head.status;
    },
    get headers() {
      return head.headers;
    },
    get attempt() {
      return attempts.count();
    },
    get timing(): StreamTiming {
      const current = attempts.current();
      const { moments, startedMs } = current;
      const last = current.head();
      const { bytes: bytesCount, events: eventsCount } = countsOf(attempts);
      const { connectedMs, headersMs, firstByteMs, firstEventMs, endedMs } = moments;
      return {
        startedAt: performance.timeOrigin + startedTick,
        attemptMs: startedMs,
        connectedMs,
        headersMs,
        firstByteMs,
        firstEventMs,
        endedMs,
        bytesCount,
        eventsCount,
        bodyEnd: endedMs === undefined ? undefined : last && bodyEndOf(last.headers),
      };
    },
    verdict: () => classifyDelivery(attempts.current().body()?.arrivals.list() ?? [], head.headers),
    consume: (consumer) => delivery.consume(consumer),
    cancel: (reason) => stop('aborted', 'the stream was cancelled', { cause: reason }),
    [Symbol.asyncIterator]: () => iterateEvents(stream, limits.maxBufferedBytes),
    [Symbol.asyncDispose]() {
      stream.cancel();
      return Promise.resolve();
    },
  };

  if (signal?.aborted) onAbort();
  else {
    signal?.addEventListener('abort', onAbort, { once: true });
    const { totalTimeoutMs } = limits;
    totalDeadline.start(totalTimeoutMs, () => {
      stop('total-timeout', `the stream was not over within ${totalTimeoutMs} ms`, { timeoutMs: totalTimeoutMs });
    });
    attempts.start();
  }
  return promise;
}

function countsOf(attempts: Attempts): Readonly<Pick<BodyCounts, 'bytes' | 'events'>> {
  return attempts.current().body()?.counts ?? { bytes: 0, events: 0 };
}
