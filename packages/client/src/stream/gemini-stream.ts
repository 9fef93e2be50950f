import { type DeliveryVerdict, classifyDelivery, refuseUnknown } from '@gemini/http-streaming';
import type { ManagedStream, StreamEnd, StreamIterator } from '@gemini/stream-manager';
import type { GeminiStreamSource } from '../answer/stream-source.ts';
import { outcomeOfEnd } from '../answer/outcome.ts';
import type { GeminiStreamTiming } from '../answer/timing.ts';
import type { GeminiStreamEvent, StoredStreamEvent, StreamOutcome } from '../types.ts';
import type { GenerateContentResponse, UsageMetadata } from '../wire/types.ts';
import { blockedError, ignoreUnhandled, iterateStream } from './iterate-stream.ts';
import { answerText } from './served-events.ts';
import { type StreamResponseOptions, sseResponse, textResponse } from './stream-response.ts';

/**
 * One answer as it is generated. Everything here may be used together; each iterator sees the whole stream from its
 * start, and the slowest sets the pace. Leaving the last open iterator stops the stream and closes the socket.
 */
export interface GeminiStream extends AsyncIterable<GeminiStreamEvent>, AsyncDisposable {
  readonly id: string;
  /**
   * The answer text of the first candidate as it comes, without thoughts. Throws at the end if the answer failed, was cut or
   * was blocked.
   */
  readonly textStream: AsyncIterable<string>;
  /**
   * The whole answer text. Rejects if the answer failed, was cut, was blocked or was stopped; the error has the partial
   * response.
   */
  text(): Promise<string>;
  /** The end of the stream. Always resolves. */
  readonly outcome: Promise<StreamOutcome>;
  /** The merged response of a completed or blocked answer. Rejects otherwise, with the partial response in the error. */
  readonly response: Promise<GenerateContentResponse>;
  toReadableStream(): ReadableStream<GeminiStreamEvent>;
  /**
   * Returns the answer as a web response, as text or as server-sent events. Reading its body drives the stream, and
   * cancelling it leaves the stream.
   * @throws TypeError for an unknown form or option, and as text for an option of `sse` and for a stream with
   * `restart: true`
   */
  toResponse(options: StreamResponseOptions): Response;
  /** Ends the stream at once and closes the socket. */
  stop(reason?: unknown): void;
  /** `undefined` until the response headers are in. */
  readonly timing: GeminiStreamTiming | undefined;
  /**
   * The token counts so far, over all requests that make up the answer; `undefined` until there are some. Those of an
   * answer that has ended are in its outcome too.
   */
  readonly usage: UsageMetadata | undefined;
  /** Whether the answer came as it was generated, from arrival times alone. */
  verdict(): DeliveryVerdict;
}

/** The handle of a running stream. */
export class StreamHandle implements GeminiStream {
  readonly id: string;
  readonly #managed: ManagedStream<StoredStreamEvent, StreamOutcome>;
  readonly #source: GeminiStreamSource;
  readonly #outcome: Promise<StreamOutcome>;
  // Pauses the upstream until the first reader, so that the events it starts with are not trimmed.
  readonly #anchor: StreamIterator<StoredStreamEvent>;
  #concluded: StreamOutcome | undefined;
  #readers = 0;
  #isDriven = false;

  constructor(managed: ManagedStream<StoredStreamEvent, StreamOutcome>, source: GeminiStreamSource) {
    this.id = managed.id;
    this.#managed = managed;
    this.#source = source;
    this.#anchor = managed.iterate({ onSlow: 'pause' });
    this.#outcome = managed.ended.then((end) => this.#outcomeOf(end));
  }

  get textStream(): AsyncIterable<string> {
    return {
      [Symbol.asyncIterator]: () => {
        this.#refuseRestarts('textStream');
        return this.#read(answerText, true);
      },
    };
  }

  get outcome(): Promise<StreamOutcome> {
    this.#drive();
    return this.#outcome;
  }

  get response(): Promise<GenerateContentResponse> {
    this.#drive();
    return ignoreUnhandled(this.#settled().then((end) => end.response));
  }

  get timing(): GeminiStreamTiming | undefined {
    return this.#source.timing();
  }

  get usage(): UsageMetadata | undefined {
    return this.#source.usage();
  }

  // Bound functions, because callers pass them on: `button.onclick = stream.stop`.
  readonly text = (): Promise<string> => ignoreUnhandled(this.#wholeText());
  readonly stop = (reason?: unknown): void => this.#managed.stop(reason);
  readonly verdict = (): DeliveryVerdict => this.#source.verdict() ?? classifyDelivery([]);
  readonly toReadableStream = (): ReadableStream<GeminiStreamEvent> =>
    ReadableStream.from<GeminiStreamEvent>({ [Symbol.asyncIterator]: () => this[Symbol.asyncIterator]() });

  readonly toResponse = (options: StreamResponseOptions): Response => {
    refuseUnknown('', options ?? {}, ['as', 'include', 'keepAliveMs', 'headers']);
    if (options?.as === 'sse') return sseResponse(this.#managed, options, () => this.#release());
    if (options?.as !== 'text') throw new TypeError(`as: expected 'text' or 'sse', got ${String(options?.as)}`);
    for (const name of ['include', 'keepAliveMs'] as const) {
      if (options[name] !== undefined) throw new TypeError(`${name}: a body of text has only the text; use as: 'sse'`);
    }
    this.#refuseRestarts("toResponse({ as: 'text' })");
    const { textStream } = this;
    return textResponse(
      () => textStream[Symbol.asyncIterator]() as AsyncIterator<string, undefined>,
      () => this.#outcome,
      options.headers,
    );
  };

  [Symbol.asyncIterator](): AsyncIterator<GeminiStreamEvent, undefined> {
    return this.#read((event) => event);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#managed.stop('disposed');
    await this.#outcome;
  }

  #read<Item extends {}>(
    pick: (event: GeminiStreamEvent) => Item | undefined,
    throwsBlocked = false,
  ): AsyncIterator<Item, undefined> {
    this.#readers += 1;
    const onLeave = (): void => {
      this.#readers -= 1;
      if (this.#readers === 0) this.#managed.stop('left');
    };
    const stream = {
      managed: this.#managed,
      outcomeOf: (end: StreamEnd<StreamOutcome>) => this.#outcomeOf(end),
      discardedUpTo: this.#source.discarded.upTo,
      throwsBlocked,
      onLeave,
    };
    const iterator = iterateStream(stream, pick);
    this.#release();
    return iterator;
  }

  /** Every reader gets the same outcome. */
  #outcomeOf(end: StreamEnd<StreamOutcome>): StreamOutcome {
    return (this.#concluded ??= outcomeOfEnd(end));
  }

  #drive(): void {
    if (this.#isDriven) return;
    this.#isDriven = true;
    // From now: it only keeps the stream running, and does not need the trimmed history.
    this.#managed.subscribe(() => undefined, { from: 'now', onSlow: 'pause' });
    this.#release();
  }

  #release(): void {
    void this.#anchor.return();
  }

  #refuseRestarts(what: string): void {
    if (!this.#source.mayRestart) return;
    throw new TypeError(`${what}: expected a stream without restart: true, for text cannot be taken back`);
  }

  async #settled(): Promise<StreamOutcome> {
    const end = await this.#outcome;
    if (end.error !== undefined) throw end.error;
    return end;
  }

  async #wholeText(): Promise<string> {
    this.#refuseRestarts('text()');
    if (!this.#source.keepsContent) throw new TypeError('text(): expected a stream that keeps its content');
    this.#drive();
    const end = await this.#settled();
    if (end.status === 'blocked') throw blockedError(end);
    return end.text;
  }
}
