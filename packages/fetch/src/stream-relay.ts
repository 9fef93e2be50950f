import { GeminiError } from '@gemini/client/wire';
import type { EventRun, EventStream, EventStreamConsumer, HttpStreamError } from '@gemini/http-streaming';
import { StreamingFetchError, streamError } from './errors.ts';
import { type Framing, SseFraming } from './framing.ts';
import { ResponseBody, type ResponseBodyLimits, type ResponseBodyObserver } from './response-body.ts';
import { isDone, parseJson, type Wire, type WireEvent } from './wires/wire.ts';

/** The longest text outside of events that is kept: in practice it is an error. */
const maxForeignLength = 64 * 1024;

/** The errors that say nothing but that no more bytes came: after the end of an answer they do not matter. */
const wireBreaks: ReadonlySet<string> = new Set(['idle-timeout', 'content-idle-timeout', 'connection-lost']);

/** The beginning of JSON that stands outside of events. */
const bareJson = /^\s*[[{]/;

/** The parts of one stream. */
export interface RelayParts {
  readonly wire: Wire;
  readonly framing: Framing;
  readonly limits: ResponseBodyLimits;
  readonly signal: AbortSignal | undefined;
  /** The body is JSON of an API that streams events only: it is handed on, and then it is an error. */
  readonly isForeign: boolean;
  /** The wire is over. Called once; without an error the stream is whole. */
  readonly onOver: (error: unknown) => void;
}

/**
 * Hands on what one response brings, in the turn in which it came, and judges its end by the rules of its API. Everything
 * that came is handed on before an error is.
 */
export class StreamRelay implements EventStreamConsumer, ResponseBodyObserver {
  readonly body: ResponseBody;
  /** Resolves with the first event, or with the end of a stream without events. */
  readonly begun: Promise<void>;
  /** Taken only by a body of events, whose bytes stay as they are. */
  readonly run: ((run: EventRun) => void) | undefined;
  readonly #parts: RelayParts;
  readonly #resolveBegun: () => void;
  #hasBegun = false;
  readonly #onAbort: (() => void) | undefined;
  #stream: EventStream | undefined;
  #foreignText = '';
  #isInsideEvent = false;
  #isOver = false;

  constructor(parts: RelayParts) {
    this.#parts = parts;
    this.body = new ResponseBody(parts.limits, this);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.begun = promise;
    this.#resolveBegun = resolve;
    this.run = parts.framing instanceof SseFraming ? (run) => this.#run(run) : undefined;
    const { signal } = parts;
    this.#onAbort = signal && (() => this.#abort(signal.reason));
  }

  /** Begins to read. */
  start(stream: EventStream): void {
    this.#stream = stream;
    // The transport looks at the signal until the wire is over; what is held then can still be aborted.
    if (this.#onAbort !== undefined) this.#parts.signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.body.steer(stream.consume(this));
  }

  event(event: WireEvent): void {
    if (this.#isOver) return;
    const { data } = event;
    // The wire ended inside this event, unless it is whole.
    if (event.unterminated && !isDone(data) && parseJson(data) === undefined) {
      this.#isInsideEvent = true;
      return;
    }
    const { wire, framing } = this.#parts;
    try {
      const outgoing = wire.read(event);
      if (outgoing !== undefined) this.body.write(framing.event(outgoing));
    } catch (error) {
      return this.#fail(error instanceof GeminiError ? new StreamingFetchError('invalid-chunk', error.message) : error);
    }
    if (wire.failure !== undefined) this.#finish(undefined);
    else this.#begin();
  }

  /** Hands on the bytes of events that decide nothing, and reads all others one by one. */
  #run(run: EventRun): void {
    if (this.#isOver) return;
    if (this.#parts.wire.passes(run)) {
      this.body.writeBytes(run.bytes);
      return this.#begin();
    }
    for (let index = 0; index < run.eventsCount; index += 1) this.event(run.eventAt(index));
  }

  text(text: string): void {
    this.#foreignText = (this.#foreignText + text).slice(0, maxForeignLength);
  }

  retry(delayMs: number): void {
    if (this.#parts.wire.keepsRetry === true && !this.#isOver) this.body.write(`retry: ${delayMs}\n\n`);
  }

  bytes(chunk: Uint8Array): void {
    this.body.writeBytes(chunk);
    this.#begin();
  }

  end(_bodyEnd: unknown, isInsideEvent: boolean): void {
    if (isInsideEvent) this.#isInsideEvent = true;
    this.#finish(undefined);
  }

  error(error: HttpStreamError): void {
    if (error.isInsideEvent) this.#isInsideEvent = true;
    this.#finish(error);
  }

  onLeft(how: 'cancelled' | 'released' | 'abandoned'): void {
    if (this.#isOver) return;
    const isAbandoned = how === 'abandoned';
    const { unreadTimeoutMs } = this.#parts.limits;
    const message = isAbandoned ? `the body was not read for ${unreadTimeoutMs} ms` : 'the reader left before the end';
    const error = new StreamingFetchError(isAbandoned ? 'abandoned' : 'left', message);
    if (how !== 'cancelled') this.body.abort(error);
    this.#over(error);
  }

  onFinished(): void {
    if (this.#onAbort !== undefined) this.#parts.signal?.removeEventListener('abort', this.#onAbort);
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#resolveBegun();
  }

  #abort(reason: unknown): void {
    this.body.abort(reason);
    this.#over(reason);
  }

  #finish(error: HttpStreamError | undefined): void {
    if (this.#isOver) return;
    const { wire, signal, isForeign } = this.#parts;
    if (error?.code === 'aborted' && signal?.aborted === true) return this.#abort(signal.reason);
    this.#readForeignText(error);
    if (wire.failure !== undefined) {
      const { status, retryAfterMs } = wire.failure;
      return this.#close(new StreamingFetchError('api-error', 'the server sent an error', { status, retryAfterMs }));
    }
    if (isForeign) return this.#fail(new StreamingFetchError('not-event-stream', 'expected an event stream, got JSON'));
    const judgement = wire.judge(this.#isInsideEvent);
    const isEnd = error === undefined || (judgement === 'whole' && wireBreaks.has(error.code));
    if (isEnd && judgement !== 'cut') return this.#close(undefined);
    this.#fail(error === undefined ? this.#truncated() : streamError(error));
  }

  /** Bare JSON outside of events is an error of the API, or else an answer that was not handed on. */
  #readForeignText(error: HttpStreamError | undefined): void {
    const text = this.#foreignText === '' ? (error?.bodyText ?? '') : this.#foreignText;
    const { wire, framing } = this.#parts;
    if (text === '' || wire.failure !== undefined) return;
    const said = wire.readText(text);
    if (said !== undefined) this.body.write(framing.event(said));
    else if (bareJson.test(text)) this.#isInsideEvent = true;
  }

  #truncated(): StreamingFetchError {
    const fault = this.#isInsideEvent ? 'was cut inside an event' : 'ended without its last event: it may be cut';
    return new StreamingFetchError('truncated', `the answer ${fault}`);
  }

  /** Ends the body as a whole one, which it also is after an error that the reader was given. */
  #close(error: unknown): void {
    this.body.write(this.#parts.framing.end());
    this.body.end();
    this.#over(error);
  }

  #fail(error: unknown): void {
    const { wire, framing } = this.#parts;
    const last = wire.lastWords?.();
    if (last !== undefined) this.body.write(framing.event(last));
    this.body.fail(error);
    this.#over(error);
  }

  #over(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream?.cancel();
    this.#begin();
    this.#parts.onOver(error);
  }
}
