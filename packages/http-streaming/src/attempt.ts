import type { SseEvent } from '@gemini/sse-parser';
import type { Dispatcher } from 'undici';
import { createBodyReader, type BodyObserver, type BodyReader } from './body-reader.ts';
import { currentConnection, makesConnections } from './connection.ts';
import { collectExcerpt, maxExcerptLength, type ExcerptCollector } from './content-decoder.ts';
import type { HttpStreamErrorCode, HttpStreamErrorFacts } from './errors.ts';
import type { FlightRecorder } from './flight-recorder.ts';
import type { ResolvedEventStreamOptions } from './options.ts';
import { urlOf, type OutgoingRequest } from './request.ts';
import { bodyEndOf, classifyFailure, decideRedirect, refuseBody, refuseResponse } from './response-rules.ts';
import { createExchangeClocks, type ExchangeClocksObserver } from './time-limits.ts';
import type { BodyEnd, ConnectionTimes } from './types.ts';
import { createExchange, type Exchange, type ExchangeHandler } from './undici-handler.ts';

/** What an attempt needs to know. */
export interface AttemptContext {
  readonly request: OutgoingRequest;
  readonly dispatcher: Dispatcher;
  readonly limits: ResolvedEventStreamOptions;
  /** Milliseconds since the call. */
  readonly elapsedMs: () => number;
  readonly recorder: FlightRecorder;
}

/** What an attempt tells. One of `ended` and `failed` is called, once, last, unless it was aborted. */
export interface AttemptObserver {
  /** The headers of an event stream are in. */
  opened(): void;
  event(event: SseEvent): void;
  text(text: string): void;
  ended(bodyEnd: BodyEnd, isInsideEvent: boolean): void;
  failed(code: HttpStreamErrorCode, message: string, facts?: Partial<HttpStreamErrorFacts>): void;
}

/** The response so far. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** One request on its way, redirects included. */
export interface Attempt {
  readonly startedMs: number;
  readonly moments: Readonly<AttemptMoments>;
  head(): ResponseHead | undefined;
  /** The body as far as it was read; `undefined` while there is none. */
  body(): BodyReader | undefined;
  send(): void;
  /** Lets the body flow. Until then, and after `pause`, the socket is not read. */
  resume(): void;
  pause(): void;
  /** Ends the body where it is: what is left of it can be given with `giveLast`. */
  endBody(): void;
  /** The last event, if the body has ended before its blank line; returned once. */
  takeLast(): SseEvent | undefined;
  /** Gives the observer an event of this attempt. */
  give(event: SseEvent): void;
  /** Closes the socket. The observer hears nothing more. */
  abort(): void;
}

/** When an attempt got how far, in milliseconds since the call, and how its connection came about. */
export interface AttemptMoments {
  connection: ConnectionTimes | undefined;
  connectedMs: number | undefined;
  headersMs: number | undefined;
  firstByteMs: number | undefined;
  firstEventMs: number | undefined;
  endedMs: number | undefined;
}

type Phase =
  | { readonly name: 'connecting' | 'sent' | 'ended' }
  | { readonly name: 'refused'; readonly collector: ExcerptCollector }
  | { readonly name: 'streaming'; readonly body: BodyReader };

/** A class, as is whatever a stream has one of: closures were two thirds of what a waiting stream held. */
class SingleAttempt implements Attempt, ExchangeHandler, BodyObserver, ExchangeClocksObserver {
  readonly startedMs: number;
  readonly moments: AttemptMoments = {
    connection: undefined,
    connectedMs: undefined,
    headersMs: undefined,
    firstByteMs: undefined,
    firstEventMs: undefined,
    endedMs: undefined,
  };
  readonly #context: AttemptContext;
  readonly #number: number;
  readonly #observer: AttemptObserver;
  readonly #clocks;
  /** The request on its way: after a redirect another one than the context's. */
  #request: OutgoingRequest;
  #phase: Phase = { name: 'connecting' };
  #exchange: Exchange | undefined;
  #head: ResponseHead | undefined;
  #body: BodyReader | undefined;
  #flowing = false;
  #isFull = false;
  #responding = false;
  #redirects = 0;
  #foreignText = '';

  constructor(context: AttemptContext, number: number, observer: AttemptObserver) {
    this.#context = context;
    this.#number = number;
    this.#observer = observer;
    this.#request = context.request;
    this.startedMs = context.elapsedMs();
    this.#clocks = createExchangeClocks(context.limits, context.elapsedMs, this);
  }
  head(): ResponseHead | undefined {
    return this.#head;
  }
  body(): BodyReader | undefined {
    return this.#body;
  }
  send(): void {
    this.#exchange?.abort();
    this.#enter({ name: 'connecting' });
    this.#exchange = createExchange(this);
    try {
      this.#exchange.send(this.#context.dispatcher, this.#request);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      const { code, message, ...facts } = classifyFailure(error, { connected: false, responding: false });
      this.#fail(code, message, { ...facts, cause });
    }
  }
  resume(): void {
    this.#flowing = true;
    this.#read();
  }
  pause(): void {
    this.#flowing = false;
    this.#read();
  }
  endBody(): void {
    if (this.#phase.name === 'streaming') this.#phase.body.close();
  }
  takeLast(): SseEvent | undefined {
    return this.#body?.takeUnterminated();
  }
  abort(): void {
    if (this.#phase.name !== 'ended') this.#enter({ name: 'ended' });
  }

  onConnected(): void {
    this.moments.connectedMs ??= this.#context.elapsedMs();
    if (makesConnections(this.#context.dispatcher)) this.moments.connection ??= currentConnection();
    this.#context.recorder.note('connected', this.#number);
    this.#enter({ name: 'sent' });
  }
  onResponding(): void {
    this.#responding = true;
  }
  onHeaders(status: number, headers: Readonly<Record<string, string>>): void {
    this.#head = { status, headers };
    const { location } = headers;
    const { maxRedirects } = this.#context.limits;
    const { method } = this.#request;
    const url = urlOf(this.#request);
    const redirect = decideRedirect({ status, location, url, method, followed: this.#redirects, maxRedirects });
    if (redirect.type === 'refuse') return this.#fail(redirect.code, redirect.message);
    if (redirect.type === 'follow') {
      this.#redirects += 1;
      this.#responding = false;
      this.#context.recorder.note('redirect', this.#number, { status });
      const { origin, pathname, search } = redirect.url;
      this.#request = { ...this.#request, origin, path: pathname + search };
      return this.send();
    }
    this.moments.headersMs = this.#context.elapsedMs();
    this.#context.recorder.note('headers', this.#number, { status });
    const refusal = refuseResponse(status, headers);
    if (refusal !== undefined) {
      const tell = (text: string): void => this.#fail(refusal.code, refusal.message, { bodyExcerpt: text });
      return this.#enter({ name: 'refused', collector: collectExcerpt(headers['content-encoding'], tell) });
    }
    const contentEncoding = headers['content-encoding']?.trim().toLowerCase();
    const { maxEventBytes } = this.#context.limits;
    const body = createBodyReader({ contentType: headers['content-type'], contentEncoding, maxEventBytes }, this);
    this.#body = body;
    this.#enter({ name: 'streaming', body });
    this.#observer.opened();
  }
  onData(chunk: Uint8Array): void {
    const phase = this.#phase;
    if (phase.name === 'refused') phase.collector.data(chunk);
    if (phase.name !== 'streaming') return;
    const atMs = this.#context.elapsedMs();
    this.moments.firstByteMs ??= atMs;
    this.#clocks.touch(atMs);
    if (phase.body.write(chunk, atMs - this.startedMs)) return;
    this.#isFull = true;
    this.#steer();
  }
  onEnd(): void {
    if (this.#phase.name === 'refused') this.#phase.collector.end();
    else if (this.#phase.name === 'streaming') this.#phase.body.end();
  }
  onError(cause: Error): void {
    const phase = this.#phase;
    if (phase.name === 'refused') return phase.collector.end();
    if (phase.name === 'streaming') {
      const { counts } = phase.body;
      return phase.body.cut(() => {
        const after = `after ${counts.events} events (${counts.bytes} bytes)`;
        this.#fail('connection-lost', `the connection was lost ${after}: ${cause.message}`, { cause });
      });
    }
    const progress = { connected: phase.name === 'sent', responding: this.#responding };
    const { code, message, ...facts } = classifyFailure(cause, progress);
    this.#fail(code, message, { ...facts, cause });
  }

  bodyMs(): number {
    return this.#context.elapsedMs() - this.startedMs;
  }
  onEvent(event: SseEvent): void {
    if (this.#phase.name !== 'ended') this.give(event);
  }
  give(event: SseEvent): void {
    if (this.moments.firstEventMs === undefined) {
      this.moments.firstEventMs = this.#context.elapsedMs();
      this.#context.recorder.note('first-event', this.#number);
    }
    this.#clocks.touchContent();
    this.#observer.event(event);
  }
  onText(text: string): void {
    if (this.#phase.name === 'ended') return;
    if (this.#foreignText.length < maxExcerptLength) {
      this.#foreignText = (this.#foreignText + text).slice(0, maxExcerptLength);
    }
    this.#observer.text(text);
  }
  onDrain(): void {
    this.#isFull = false;
    this.#steer();
  }
  onBodyEnd(): void {
    if (this.#phase.name !== 'streaming') return;
    const refusal = refuseBody(this.#phase.body.counts, this.#foreignText);
    if (refusal) return this.#fail(refusal.code, refusal.message, { bodyExcerpt: this.#foreignText || undefined });
    const { body } = this.#phase;
    const last = this.takeLast();
    if (last !== undefined) this.give(last);
    this.#enter({ name: 'ended' });
    this.#observer.ended(bodyEndOf(this.#head?.headers ?? {}), body.isInsideEvent());
  }
  onForeign(text: string): void {
    const message = 'expected an event stream, got a single JSON value';
    this.#fail('not-event-stream', message, { bodyExcerpt: text });
  }
  onInvalid(message: string, cause: unknown): void {
    this.#fail('invalid-body', message, { cause });
  }
  onTimeout(code: HttpStreamErrorCode, message: string, timeoutMs: number): void {
    const tell = (): void => this.#fail(code, message, { timeoutMs });
    if (this.#phase.name === 'streaming') this.#phase.body.cut(tell);
    else tell();
  }

  /** The only place where the phase changes; a time limit belongs to a phase and ends with it. */
  #enter(next: Phase): void {
    if (this.#phase.name === 'refused') this.#phase.collector.destroy();
    this.#phase = next;
    if (next.name === 'connecting' || next.name === 'sent') this.#clocks.start(next.name);
    else if (next.name === 'streaming') this.#read();
    else this.#clocks.stop();
    if (next.name === 'ended') {
      this.moments.endedMs = this.#context.elapsedMs();
      this.#exchange?.abort();
      this.#body?.close();
    }
  }
  #fail(code: HttpStreamErrorCode, message: string, facts?: Partial<HttpStreamErrorFacts>): void {
    if (this.#phase.name === 'ended') return;
    this.#enter({ name: 'ended' });
    this.#observer.failed(code, message, facts);
  }
  #steer(): void {
    if (this.#phase.name !== 'streaming') return;
    if (this.#flowing && !this.#isFull) this.#exchange?.resume();
    else this.#exchange?.pause();
  }
  /** Reads on, or rests. The idle clocks run only while we read. */
  #read(): void {
    if (this.#phase.name !== 'streaming') return;
    this.#steer();
    if (this.#flowing) {
      this.#phase.body.resume();
      this.#clocks.start('streaming');
    } else {
      this.#phase.body.pause();
      this.#clocks.stop();
    }
  }
}

/** Nothing is sent before `send`; from then on each thing is told in the socket's own turn. 1 is the first `number`. */
export function createAttempt(context: AttemptContext, number: number, observer: AttemptObserver): Attempt {
  return new SingleAttempt(context, number, observer);
}
