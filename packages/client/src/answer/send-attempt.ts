import {
  type BodyEnd,
  type DeliveryVerdict,
  type EventStream,
  type EventStreamConsumer,
  type EventStreamOptions,
  type HttpStreamError,
  type StreamTiming,
  openEventStream,
} from '@gemini/http-streaming';
import { GeminiError } from '../errors.ts';
import type { ResolvedGeminiOptions } from '../options.ts';
import { authorize } from '../request/credentials.ts';
import { failureOf, parseGoogleRpcError } from '../wire/google-error.ts';
import { type PayloadContext, readChunk } from '../wire/read-chunk.ts';
import type { GenerateContentResponse } from '../wire/types.ts';
import type { WireEnd } from './outcome.ts';

/** One request to send. */
interface AttemptRequest {
  readonly url: URL;
  readonly body: unknown;
  readonly signal: AbortSignal;
  readonly http: EventStreamOptions;
  /** Where the credentials come from: they are asked for anew each time. */
  readonly gemini: ResolvedGeminiOptions;
}

/** Told what happens; `ended` comes once, last. A throw out of `chunk` ends the request with that error. */
export interface AttemptHandlers {
  /** The request goes out now. */
  sent(): void;
  /** The response headers are in. */
  opened(): void;
  /** An event that could not be read was passed over. */
  skipped(): void;
  /** `length` is the payload's, in characters. */
  chunk(chunk: GenerateContentResponse, length: number): void;
  ended(end: WireEnd): void;
}

/** A request on its way. */
export interface Attempt {
  /** While paused, the socket is not read. */
  pause(): void;
  resume(): void;
  /** Closes the socket; nothing is told any more. */
  cancel(): void;
  readonly timing: StreamTiming | undefined;
  verdict(): DeliveryVerdict | undefined;
}

/** The most that is kept of a body's text which is no event: an error, in practice. */
const maxForeignLength = 64 * 1024;

class SentRequest implements Attempt, EventStreamConsumer {
  readonly #handlers: AttemptHandlers;
  readonly #skipsInvalid: boolean;
  #eventStream: EventStream | undefined;
  #control: { pause(): void; resume(): void } | undefined;
  readonly #context: PayloadContext;
  #foreignText = '';
  #isPaused = false;
  #isInsideEvent = false;
  #isOver = false;

  constructor(request: AttemptRequest, handlers: AttemptHandlers) {
    this.#handlers = handlers;
    this.#context = { index: 0, apiKey: undefined, maxResponseBytes: request.gemini.maxResponseBytes };
    this.#skipsInvalid = request.gemini.invalidChunks === 'skip';
    this.#open(request).catch((cause: unknown) => this.#finish(cause));
  }

  get timing(): StreamTiming | undefined {
    return this.#eventStream?.timing;
  }

  verdict(): DeliveryVerdict | undefined {
    return this.#eventStream?.verdict();
  }

  pause(): void {
    this.#isPaused = true;
    this.#control?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#control?.resume();
  }

  cancel(): void {
    this.#isOver = true;
    this.#eventStream?.cancel();
  }

  event({ data, unterminated }: Parameters<EventStreamConsumer['event']>[0]): void {
    if (this.#isOver) return;
    try {
      const chunk = readChunk(data, this.#context);
      if (chunk !== undefined) this.#handlers.chunk(chunk, data.length);
      // `data:` was read, and the payload that it begins was not.
      else if (unterminated && data === '') this.#isInsideEvent = true;
    } catch (error) {
      const isInvalid = error instanceof GeminiError && error.code === 'invalid-chunk';
      // An unterminated event that is not whole JSON is not invalid: the wire ended inside it.
      if (isInvalid && unterminated) this.#isInsideEvent = true;
      else if (isInvalid && this.#skipsInvalid) this.#handlers.skipped();
      else this.#finish(error);
    } finally {
      this.#context.index += 1;
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

  async #open({ url, body, signal, http, gemini }: AttemptRequest): Promise<void> {
    const { headers, secret } = await authorize(gemini, url);
    if (this.#isOver) return;
    this.#context.apiKey = secret;
    this.#handlers.sent();
    const eventStream = await openEventStream({ url, method: 'POST', headers, json: body, signal }, http);
    if (this.#isOver) return eventStream.cancel();
    this.#eventStream = eventStream;
    this.#handlers.opened();
    this.#control = eventStream.consume(this);
    if (this.#isPaused) this.#control.pause();
  }

  #finish(cause?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#eventStream?.cancel();
    // An error in plain text is the reason why the body ended.
    const text = this.#foreignText;
    const said = text === '' ? undefined : parseGoogleRpcError(text, { apiKey: this.#context.apiKey });
    if (said === undefined && isJsonBegun(text)) this.#isInsideEvent = true;
    const error = said ?? (cause === undefined ? undefined : failureOf(cause, this.#context.apiKey));
    this.#handlers.ended({ error, isInsideEvent: this.#isInsideEvent });
  }
}

/** Whether a text begins like JSON and is not whole: most likely an error that was cut. */
function isJsonBegun(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return false;
  } catch {
    return true;
  }
}

/** Sends one request, once, and tells its chunks in the socket's own turn. */
export function startAttempt(request: AttemptRequest, handlers: AttemptHandlers): Attempt {
  return new SentRequest(request, handlers);
}
