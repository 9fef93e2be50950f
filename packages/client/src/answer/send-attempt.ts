import {
  type BodyEnd,
  type DeliveryVerdict,
  type EventStream,
  type EventStreamConsumer,
  type EventStreamOptions,
  type HttpStreamError,
  type StreamTiming,
  OpeningStream,
} from '@gemini/http-streaming';
import { GeminiError } from '../errors.ts';
import type { ResolvedGeminiOptions } from '../options.ts';
import { authorize } from '../request/credentials.ts';
import { failureOf, parseGoogleRpcError } from '../wire/google-error.ts';
import type { GenerateContentResponse } from '../wire/types.ts';
import type { AttemptTarget, PayloadReader } from './answer-form.ts';
import type { WireEnd } from './outcome.ts';

/** One request to send. */
interface AttemptRequest {
  readonly target: AttemptTarget;
  readonly reader: PayloadReader;
  readonly http: EventStreamOptions;
  /** The source of the credentials, which are asked for before each request. */
  readonly gemini: ResolvedGeminiOptions;
}

/** Observes one request. `onEnd` is called once, last. A throw out of `onChunk` ends the request with that error. */
export interface AttemptObserver {
  /** The request is sent now. */
  onSent(): void;
  /** The response headers are in, with names in lower case. */
  onHeaders(headers: Readonly<Record<string, string>>): void;
  /** An event that could not be read was skipped. */
  onSkipped(): void;
  /** `length` is the payload's, in characters, and `raw` the payload as it came. */
  onChunk(chunk: GenerateContentResponse, length: number, raw: object): void;
  onEnd(end: WireEnd): void;
}

/** The longest text outside of events that is kept: in practice it is an error. */
const maxForeignLength = 64 * 1024;

/** One request: sends it, once, and passes its chunks on in the turn in which the socket was read. */
export class SendAttempt implements EventStreamConsumer {
  readonly #observer: AttemptObserver;
  readonly #skipsInvalid: boolean;
  #eventStream: EventStream | undefined;
  #control: { pause(): void; resume(): void } | undefined;
  readonly #reader: PayloadReader;
  #foreignText = '';
  #isPaused = false;
  #isInsideEvent = false;
  #isOver = false;
  /** The request until its response has begun. */
  #opening: OpeningStream | undefined;

  constructor(request: AttemptRequest, observer: AttemptObserver) {
    this.#observer = observer;
    this.#reader = request.reader;
    this.#skipsInvalid = request.gemini.invalidChunks === 'skip';
    this.#open(request).catch((cause: unknown) => this.#finish(cause));
  }

  get timing(): StreamTiming | undefined {
    return this.#eventStream?.timing;
  }

  verdict(): DeliveryVerdict | undefined {
    return this.#eventStream?.verdict();
  }

  /** Events of a kind that this version does not know. */
  get unknownEvents(): number {
    return this.#reader.unknownEvents;
  }

  /** Stops reading the socket until `resume`. */
  pause(): void {
    this.#isPaused = true;
    this.#control?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#control?.resume();
  }

  /** Ends the request with an error of the caller, and closes the socket. */
  fail(error: GeminiError): void {
    this.#finish(error);
  }

  /** Closes the socket. The observer is not called any more. */
  cancel(): void {
    this.#isOver = true;
    this.#close();
  }

  event({ data, event, unterminated }: Parameters<EventStreamConsumer['event']>[0]): void {
    if (this.#isOver) return;
    try {
      const reader = this.#reader;
      const chunk = reader.read(data, event);
      const { raw = chunk } = reader;
      // A stream that waits for its next event does not hold the last one.
      reader.raw = undefined;
      if (chunk !== undefined) this.#observer.onChunk(chunk, data.length, raw ?? chunk);
      // `data:` was read, and the payload that it begins was not.
      else if (unterminated && data === '') this.#isInsideEvent = true;
    } catch (error) {
      const isInvalid = error instanceof GeminiError && error.code === 'invalid-chunk';
      // An unterminated event that is not whole JSON is not invalid: the wire ended inside it.
      if (isInvalid && unterminated) this.#isInsideEvent = true;
      else if (isInvalid && this.#skipsInvalid) this.#observer.onSkipped();
      else this.#finish(error);
    }
  }

  text(text: string): void {
    this.#foreignText = (this.#foreignText + text).slice(0, maxForeignLength);
  }

  end(_bodyEnd: BodyEnd, isInsideEvent: boolean): void {
    if (isInsideEvent) this.#isInsideEvent = true;
    this.#finish();
  }

  error(cause: HttpStreamError): void {
    if (cause.isInsideEvent) this.#isInsideEvent = true;
    this.#finish(cause);
  }

  async #open({ target, http, gemini }: AttemptRequest): Promise<void> {
    const { method, url, json } = target;
    const { headers, secret } = await authorize(gemini, url);
    if (this.#isOver) return;
    this.#reader.apiKey = secret;
    this.#observer.onSent();
    const opening = new OpeningStream({ url, method, headers, json }, http);
    this.#opening = opening;
    const eventStream = await opening.opened;
    this.#opening = undefined;
    if (this.#isOver) return eventStream.cancel();
    this.#eventStream = eventStream;
    this.#observer.onHeaders(eventStream.headers);
    this.#control = eventStream.consume(this);
    if (this.#isPaused) this.#control.pause();
  }

  #close(): void {
    this.#opening?.cancel();
    this.#eventStream?.cancel();
  }

  #finish(cause?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#close();
    // A bare error is the reason why the body ended. Other bare JSON, whole or cut, may be a chunk that was not delivered.
    const text = this.#foreignText;
    const said = text === '' ? undefined : parseGoogleRpcError(text, { apiKey: this.#reader.apiKey });
    if (said === undefined && bareObject.test(text)) this.#isInsideEvent = true;
    const error = said ?? (cause === undefined ? undefined : failureOf(cause, this.#reader.apiKey));
    this.#observer.onEnd({ error, isInsideEvent: this.#isInsideEvent });
  }
}

/** The beginning of a JSON object, or of a list of them, that stands outside of events. */
const bareObject = /^\s*(?:\[\s*)?\{/;
