import type { SseEvent } from '@gemini/sse-parser';
import type { Dispatcher } from 'undici';
import { BodyReader, type BodyObserver, type FieldKind, type StreamField } from './body-reader.ts';
import { currentConnection, makesConnections } from './connection.ts';
import { codingOf, ForeignBody, maxForeignLength } from './content-decoder.ts';
import type { HttpStreamErrorCode, HttpStreamErrorFacts } from './errors.ts';
import type { EventRun } from './event-run.ts';
import type { FlightRecorder } from './flight-recorder.ts';
import type { ResolvedEventStreamOptions } from './options.ts';
import { urlOf, type OutgoingRequest } from './request.ts';
import {
  bodyEndOf,
  classifyFailure,
  decideRedirect,
  judgeResponse,
  refuseBody,
  takeBytes,
  type ResponseAnswer,
} from './response-rules.ts';
import { TimeLimits, type TimeLimitsObserver } from './time-limits.ts';
import type { BodyEnd, ConnectionTimes } from './types.ts';
import { UndiciHandler, type ExchangeObserver, type IncomingHeaders } from './undici-handler.ts';

/** The parts of a call that its attempts share. */
export interface AttemptContext {
  readonly request: OutgoingRequest;
  readonly dispatcher: Dispatcher;
  readonly options: ResolvedEventStreamOptions;
  /** Milliseconds since the call. */
  readonly elapsedMs: () => number;
  readonly recorder: FlightRecorder;
}

/** Receives what an attempt delivers. `onEnd` or `onFailure` comes last, unless the attempt is aborted. */
export interface AttemptObserver {
  /** The headers of an event stream are in. */
  onOpened(): void;
  onEvent(event: SseEvent): void;
  onRun(run: EventRun): void;
  onText(text: string): void;
  onBytes(chunk: Uint8Array): void;
  fieldKinds(): ReadonlySet<FieldKind>;
  takesRuns(): boolean;
  onField(field: StreamField): void;
  onEnd(bodyEnd: BodyEnd, isInsideEvent: boolean): void;
  /** The last event, if there is an `unterminated` one, is not delivered yet: see `deliverLast`. */
  onFailure(code: HttpStreamErrorCode, message: string, facts?: Partial<HttpStreamErrorFacts>): void;
}

/** Status and headers of a response. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** The moments of an attempt, in milliseconds since the call, and its connection. */
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
  | { readonly name: 'refused'; readonly collector: ForeignBody }
  | { readonly name: 'streaming'; readonly body: BodyReader };

/** One HTTP request, redirects included. Nothing is sent before `send`; each step is reported in the socket's own turn. */
export class Attempt implements ExchangeObserver, BodyObserver, TimeLimitsObserver {
  readonly startedMs: number;
  readonly moments: AttemptMoments = {
    connection: undefined,
    connectedMs: undefined,
    headersMs: undefined,
    firstByteMs: undefined,
    firstEventMs: undefined,
    endedMs: undefined,
  };
  head: ResponseHead | undefined;
  /** The body as far as it was read; `undefined` before it begins. */
  body: BodyReader | undefined;
  eventsCount = 0;
  readonly #context: AttemptContext;
  /** 1 for the first. */
  readonly #number: number;
  readonly #observer: AttemptObserver;
  readonly #limits: TimeLimits;
  /** The request on its way: after a redirect another one than the context's. */
  #request: OutgoingRequest;
  #phase: Phase = { name: 'connecting' };
  #handler: UndiciHandler | undefined;
  #isFlowing = false;
  #isFull = false;
  #isResponding = false;
  #redirects = 0;
  #foreignText = '';
  #isBytes = false;
  /** An `unterminated` event that is not delivered yet. */
  #lastEvent: SseEvent | undefined;

  constructor(context: AttemptContext, number: number, observer: AttemptObserver) {
    this.#context = context;
    this.#number = number;
    this.#observer = observer;
    this.#request = context.request;
    this.startedMs = context.elapsedMs();
    this.#limits = new TimeLimits(context.options, context.elapsedMs, this);
  }

  get hasLastEvent(): boolean {
    // After `data:` alone there is an event, but its data is still to come.
    return this.#lastEvent !== undefined && this.#lastEvent.data !== '';
  }

  send(): void {
    this.#handler?.abort();
    this.#enter({ name: 'connecting' });
    this.#handler = new UndiciHandler(this);
    try {
      this.#handler.send(this.#context.dispatcher, this.#request);
    } catch (cause) {
      this.#failBeforeHeaders(cause instanceof Error ? cause : new Error(String(cause)), false);
    }
  }

  /** Lets the body flow. Until then, and after `pause`, the socket is not read. */
  resume(): void {
    this.#isFlowing = true;
    this.#read();
  }

  pause(): void {
    this.#isFlowing = false;
    this.#read();
  }

  /** Ends the body here: an unterminated event that is left can be delivered with `deliverLast`. */
  endBody(): void {
    if (this.#phase.name === 'streaming') this.#phase.body.close();
  }

  /** Delivers the last event, if the body has ended before its blank line. */
  deliverLast(): void {
    const event = this.#lastEvent;
    this.#lastEvent = undefined;
    if (event !== undefined) this.#deliver(event);
  }

  /** Closes the socket. The observer is not called again. */
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
    this.#isResponding = true;
  }

  onHeaders(status: number, headers: Readonly<Record<string, string>>, statusText: string, raw: IncomingHeaders): void {
    this.head = { status, headers };
    const { location } = headers;
    const { maxRedirects } = this.#context.options;
    const { method } = this.#request;
    const url = urlOf(this.#request);
    const redirect = decideRedirect({ status, location, url, method, followed: this.#redirects, maxRedirects });
    if (redirect.type === 'refuse') return this.#fail(redirect.code, redirect.message);
    if (redirect.type === 'follow') return this.#follow(status, redirect.url);
    this.moments.headersMs = this.#context.elapsedMs();
    this.#context.recorder.note('headers', this.#number, { status });
    const answer = this.#judge(status, headers, { statusText, raw });
    if (answer === undefined) return;
    if (answer.type === 'refuse') {
      const fail = (bodyText: string): void => this.#fail(answer.code, answer.message, { bodyText });
      return this.#enter({ name: 'refused', collector: new ForeignBody(codingOf(headers), fail) });
    }
    const { maxEventBytes } = this.#context.options;
    const { coding } = answer;
    this.#isBytes = answer.type === 'bytes';
    const isJson = answer.type === 'read' && answer.isJson;
    this.body = new BodyReader({ isJson, isBytes: this.#isBytes, coding, maxEventBytes }, this);
    this.#enter({ name: 'streaming', body: this.body });
    this.#observer.onOpened();
  }

  onData(chunk: Uint8Array): void {
    const phase = this.#phase;
    if (phase.name === 'refused') phase.collector.write(chunk);
    if (phase.name !== 'streaming') return;
    const atMs = this.#context.elapsedMs();
    this.moments.firstByteMs ??= atMs;
    this.#limits.touch(atMs);
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
    if (phase.name !== 'streaming') return this.#failBeforeHeaders(cause, phase.name === 'sent');
    phase.body.cut(() => {
      const after = `after ${this.eventsCount} events (${phase.body.bytesCount} bytes)`;
      this.#fail('connection-lost', `the connection was lost ${after}: ${cause.message}`, { cause });
    });
  }

  bodyMs(): number {
    return this.#context.elapsedMs() - this.startedMs;
  }

  // A function of its own: the parser calls it without an object.
  readonly onEvent = (event: SseEvent): void => {
    this.eventsCount += 1;
    if (event.unterminated) this.#lastEvent = event;
    else if (this.#phase.name !== 'ended') this.#deliver(event);
  };

  readonly onRun = (run: EventRun): void => {
    this.eventsCount += run.eventsCount;
    if (this.#phase.name === 'ended') return;
    this.#noteFirst();
    this.#observer.onRun(run);
  };

  readonly onText = (text: string): void => {
    if (this.#phase.name === 'ended') return;
    if (this.#foreignText.length < maxForeignLength) {
      this.#foreignText = (this.#foreignText + text).slice(0, maxForeignLength);
    }
    this.#observer.onText(text);
  };

  onBytes(chunk: Uint8Array): void {
    if (this.#phase.name !== 'ended') this.#observer.onBytes(chunk);
  }

  fieldKinds(): ReadonlySet<FieldKind> {
    return this.#observer.fieldKinds();
  }

  takesRuns(): boolean {
    return this.#observer.takesRuns();
  }

  onField(field: StreamField): void {
    if (this.#phase.name !== 'ended') this.#observer.onField(field);
  }

  onParsed(isContent: boolean, doneMs: number): void {
    this.#limits.touchContent(isContent, this.startedMs + doneMs);
  }

  onDrain(): void {
    this.#isFull = false;
    this.#steer();
  }

  onBodyEnd(): void {
    if (this.#phase.name !== 'streaming') return;
    const { body } = this.#phase;
    const counts = { bytes: body.bytesCount, events: this.eventsCount };
    const refusal = this.#isBytes ? undefined : refuseBody(counts, this.#foreignText);
    if (refusal) return this.#fail(refusal.code, refusal.message, { bodyText: this.#foreignText || undefined });
    this.deliverLast();
    this.#enter({ name: 'ended' });
    this.#observer.onEnd(bodyEndOf(this.head?.headers ?? {}), body.isInsideEvent);
  }

  onForeign(bodyText: string): void {
    this.#fail('not-event-stream', 'expected an event stream, got a single JSON value', { bodyText });
  }

  onInvalid(message: string, cause: unknown): void {
    this.#fail('invalid-body', message, { cause });
  }

  onTimeout(code: HttpStreamErrorCode, message: string, timeoutMs: number): void {
    const fail = (): void => this.#fail(code, message, { timeoutMs });
    if (this.#phase.name === 'streaming') this.#phase.body.cut(fail);
    else fail();
  }

  /** The only place where the phase changes; a time limit belongs to a phase and ends with it. */
  #enter(next: Phase): void {
    if (this.#phase.name === 'refused') this.#phase.collector.destroy();
    this.#phase = next;
    if (next.name === 'connecting' || next.name === 'sent') this.#limits.start(next.name);
    else if (next.name === 'streaming') this.#read();
    else this.#limits.stop();
    if (next.name !== 'ended') return;
    this.moments.endedMs = this.#context.elapsedMs();
    this.#handler?.abort();
    this.body?.close();
  }

  /** Asks the caller, whose callback may also throw or end the stream: then there is no answer. */
  #judge(
    status: number,
    headers: Readonly<Record<string, string>>,
    { statusText, raw }: { readonly statusText: string; readonly raw: IncomingHeaders },
  ): ResponseAnswer | undefined {
    const { onResponse } = this.#context.options;
    if (onResponse === undefined) return judgeResponse(status, headers);
    const url = urlOf(this.#request).href;
    let wanted: unknown;
    try {
      wanted = onResponse({ url, isRedirected: this.#redirects > 0, status, statusText, headers: raw });
    } catch (cause) {
      this.#fail('consumer-failed', 'onResponse threw', { cause });
    }
    if (this.#phase.name === 'ended') return undefined;
    if (wanted === 'bytes') return takeBytes(headers);
    return judgeResponse(status, wanted === 'events' ? { ...headers, 'content-type': 'text/event-stream' } : headers);
  }

  #follow(status: number, { origin, pathname, search }: URL): void {
    this.#redirects += 1;
    this.#isResponding = false;
    this.#context.recorder.note('redirect', this.#number, { status });
    this.#request = { ...this.#request, origin, path: pathname + search };
    this.send();
  }

  #deliver(event: SseEvent): void {
    this.#noteFirst();
    this.#observer.onEvent(event);
  }

  #noteFirst(): void {
    if (this.moments.firstEventMs !== undefined) return;
    this.moments.firstEventMs = this.#context.elapsedMs();
    this.#context.recorder.note('first-event', this.#number);
  }

  #failBeforeHeaders(cause: Error, isConnected: boolean): void {
    const { connection } = this.moments;
    const progress = { isConnected, isResponding: this.#isResponding, connection };
    const { code, message, ...facts } = classifyFailure(cause, progress);
    this.#fail(code, message, { ...facts, cause });
  }

  #fail(code: HttpStreamErrorCode, message: string, facts?: Partial<HttpStreamErrorFacts>): void {
    if (this.#phase.name === 'ended') return;
    this.#enter({ name: 'ended' });
    this.#observer.onFailure(code, message, facts);
  }

  /** Reads on, or rests. The idle limits run only while we read. */
  #read(): void {
    if (this.#phase.name !== 'streaming') return;
    this.#steer();
    if (this.#isFlowing) {
      this.#phase.body.resume();
      this.#limits.start('streaming');
    } else {
      this.#phase.body.pause();
      this.#limits.stop();
    }
  }

  #steer(): void {
    if (this.#phase.name !== 'streaming') return;
    if (this.#isFlowing && !this.#isFull) this.#handler?.resume();
    else this.#handler?.pause();
  }
}
