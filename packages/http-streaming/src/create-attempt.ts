import type { Attempt, AttemptContext, AttemptMoments, AttemptObserver, ResponseHead } from './attempt.ts';
import { bodyEndOf } from './body-end.ts';
import { maxExcerptLength } from './body-format.ts';
import { createBodyReader, type BodyReader } from './body-reader.ts';
import { classifyFailure } from './classify-failure.ts';
import { collectExcerpt, type ExcerptCollector } from './collect-excerpt.ts';
import { createDeadline } from './deadline.ts';
import type { HttpStreamErrorCode, HttpStreamErrorFacts } from './errors.ts';
import { createExchange, type Exchange, type ExchangeHandler, type OutgoingRequest } from './exchange.ts';
import { createReadClocks } from './read-clocks.ts';
import { decideRedirect } from './redirect-policy.ts';
import { refuseResponse } from './refuse-response.ts';

type Phase =
  | { readonly name: 'connecting' | 'sent' | 'ended' }
  | { readonly name: 'refused'; readonly collector: ExcerptCollector }
  | { readonly name: 'streaming'; readonly body: BodyReader };

/** Nothing is sent before `send`; from then on each thing is told in the socket's own turn. */
export function createAttempt(context: AttemptContext, observer: AttemptObserver): Attempt {
  const { limits, elapsedMs } = context;
  const startedMs = elapsedMs();
  const deadline = createDeadline();
  const clocks = createReadClocks(limits, elapsedMs, (code, message, timeoutMs) => fail(code, message, { timeoutMs }));
  const moments: AttemptMoments = {};
  let phase: Phase = { name: 'connecting' };
  let exchange: Exchange | undefined;
  let head: ResponseHead | undefined;
  let body: BodyReader | undefined;
  let flowing = false;
  let isFull = false;
  let responding = false;
  let redirects = 0;
  let foreignText = '';

  /** The only place where the phase changes; a time limit belongs to a phase and ends with it. */
  function enter(next: Phase): void {
    deadline.stop();
    clocks.stop();
    if (phase.name === 'refused') phase.collector.destroy();
    phase = next;
    if (next.name === 'connecting') limit('connect-timeout', 'no connection was made', limits.connectTimeoutMs);
    else if (next.name === 'sent') limit('headers-timeout', 'no response headers came', limits.headersTimeoutMs);
    else if (next.name === 'streaming') read();
    else if (next.name === 'ended') {
      moments.endedMs = elapsedMs();
      exchange?.abort();
      body?.destroy();
    }
  }
  function limit(code: HttpStreamErrorCode, what: string, timeoutMs: number): void {
    deadline.start(timeoutMs, () => fail(code, `${what} within ${timeoutMs} ms`, { timeoutMs }));
  }
  function fail(code: HttpStreamErrorCode, message: string, facts?: Partial<HttpStreamErrorFacts>): void {
    if (phase.name === 'ended') return;
    enter({ name: 'ended' });
    observer.failed(code, message, facts);
  }
  function steer(): void {
    if (phase.name !== 'streaming') return;
    if (flowing && !isFull) exchange?.resume();
    else exchange?.pause();
  }
  /** Reads on, or rests. The idle clocks run only while we read. */
  function read(): void {
    if (phase.name !== 'streaming') return;
    steer();
    if (flowing) {
      phase.body.resume();
      clocks.start();
    } else {
      phase.body.pause();
      clocks.stop();
    }
  }
  function openBody({ headers }: ResponseHead): BodyReader {
    return createBodyReader({
      contentType: headers['content-type'],
      contentEncoding: headers['content-encoding']?.trim().toLowerCase(),
      maxEventBytes: limits.maxEventBytes,
      elapsedMs: () => elapsedMs() - startedMs,
      onEvent(event) {
        if (phase.name === 'ended') return;
        if (moments.firstEventMs === undefined) {
          moments.firstEventMs = elapsedMs();
          context.note('first-event');
        }
        clocks.touchContent();
        observer.event(event);
      },
      onText(text) {
        if (phase.name === 'ended') return;
        if (foreignText.length < maxExcerptLength) foreignText = (foreignText + text).slice(0, maxExcerptLength);
        observer.text(text);
      },
      onDrain() {
        isFull = false;
        steer();
      },
      onEnd() {
        if (phase.name === 'ended') return;
        if (body?.counts.bytes === 0) return fail('empty-body', 'expected an event stream, got an empty body');
        if (body?.counts.events === 0 && foreignText !== '') {
          const message = 'expected an event stream, got text without an event';
          return fail('not-event-stream', message, { bodyExcerpt: foreignText });
        }
        enter({ name: 'ended' });
        observer.ended(bodyEndOf(headers));
      },
      onForeign(text) {
        fail('not-event-stream', 'expected an event stream, got a single JSON value', { bodyExcerpt: text });
      },
      onInvalid: (message, cause) => fail('invalid-body', message, { cause }),
    });
  }
  function send(request: OutgoingRequest): void {
    exchange?.abort();
    enter({ name: 'connecting' });
    exchange = createExchange(context.dispatcher, request);
    try {
      exchange.send(handlerFor(request));
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      const { code, message, ...facts } = classifyFailure(error, { connected: false, responding: false });
      fail(code, message, { ...facts, cause });
    }
  }

  const handlerFor = (request: OutgoingRequest): ExchangeHandler => ({
    onConnected() {
      moments.connectedMs ??= elapsedMs();
      context.note('connected');
      enter({ name: 'sent' });
    },
    onResponding() {
      responding = true;
    },
    onHeaders(status, headers) {
      head = { status, headers };
      const { location } = headers;
      const { maxRedirects } = limits;
      const { url, method } = request;
      const redirect = decideRedirect({ status, location, url, method, followed: redirects, maxRedirects });
      if (redirect.type === 'refuse') return fail(redirect.code, redirect.message);
      if (redirect.type === 'follow') {
        redirects += 1;
        responding = false;
        context.note('redirect', { status });
        return send({ ...request, url: redirect.url });
      }
      moments.headersMs = elapsedMs();
      context.note('headers', { status });
      const refusal = refuseResponse(status, headers);
      if (refusal !== undefined) {
        const tell = (text: string): void => fail(refusal.code, refusal.message, { bodyExcerpt: text });
        return enter({ name: 'refused', collector: collectExcerpt(headers['content-encoding'], tell) });
      }
      body = openBody(head);
      enter({ name: 'streaming', body });
      observer.opened();
    },
    onData(chunk) {
      if (phase.name === 'refused') phase.collector.data(chunk);
      if (phase.name !== 'streaming') return;
      const atMs = elapsedMs();
      moments.firstByteMs ??= atMs;
      clocks.touch(atMs);
      if (phase.body.write(chunk, atMs - startedMs)) return;
      isFull = true;
      steer();
    },
    onEnd() {
      if (phase.name === 'refused') phase.collector.end();
      if (phase.name === 'streaming') phase.body.end();
    },
    onError(cause) {
      if (phase.name === 'refused') return phase.collector.end();
      if (phase.name === 'streaming') {
        const reader = phase.body;
        return reader.cut(() => {
          const after = `after ${reader.counts.events} events (${reader.counts.bytes} bytes)`;
          fail('connection-lost', `the connection was lost ${after}: ${cause.message}`, { cause });
        });
      }
      const connected = phase.name === 'sent';
      const { code, message, ...facts } = classifyFailure(cause, { connected, responding });
      fail(code, message, { ...facts, cause });
    },
  });

  const attempt: Attempt = {
    startedMs,
    moments,
    head: () => head,
    body: () => body,
    send: () => send(context.request),
    resume() {
      flowing = true;
      read();
    },
    pause() {
      flowing = false;
      read();
    },
    abort() {
      if (phase.name !== 'ended') enter({ name: 'ended' });
    },
  };
  return attempt;
}
