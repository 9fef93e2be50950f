import type { DeliveryVerdict } from '@gemini/http-streaming';
import type { PushSource, StreamSink } from '@gemini/stream-manager';
import { GeminiError } from '../errors.ts';
import type { ResolvedGeminiOptions } from '../options.ts';
import type { StoredStreamEvent, StreamOutcome } from '../types.ts';
import type { GenerateContentRequest } from '../wire/types.ts';
import { type WireEnd, conclude } from './outcome.ts';
import { type Attempts, type AttemptsListener, createAttempts } from './request-loop.ts';
import { type GeminiStreamTiming, createFirstSightings } from './timing.ts';
import { type StreamTrace, createStreamTrace } from './trace.ts';

type Sink = StreamSink<StoredStreamEvent, StreamOutcome>;

/** A stream on its way: its timing and verdict may be asked at any time. */
export interface GeminiStreamSource extends PushSource<StoredStreamEvent, StreamOutcome> {
  start(sink: Sink): void;
  /** Outlives the source, which holds all that the transport knows of a stream. */
  readonly voids: Voids;
  readonly restarts: boolean;
  /** Whether the outcome has what came. */
  readonly keepsContent: boolean;
  timing(): GeminiStreamTiming | undefined;
  verdict(): DeliveryVerdict | undefined;
}

/** What of a stream is void. */
export interface Voids {
  /** The last event that declared void what came before it: who comes later starts after it. */
  last: StoredStreamEvent | undefined;
}

class Source implements GeminiStreamSource, AttemptsListener {
  readonly voids: Voids = { last: undefined };
  readonly #options: StreamSourceOptions;
  readonly #firsts = createFirstSightings();
  readonly #trace: StreamTrace;
  #sink: Sink | undefined;
  #attempts: Attempts | undefined;
  #isConcluded = false;

  constructor(options: StreamSourceOptions) {
    this.#options = options;
    this.#trace = createStreamTrace(options);
  }

  get restarts(): boolean {
    return this.#options.restart;
  }

  get keepsContent(): boolean {
    return this.#options.keepContent;
  }

  start(sink: Sink): void {
    const attempts = createAttempts(this.#options, sink.signal, this);
    this.#sink = sink;
    this.#attempts = attempts;
    // In the very turn of the stop, so that the stopped end carries what had come.
    sink.signal.addEventListener('abort', () => {
      this.done({ error: new GeminiError('stopped', 'the stream was stopped'), isInsideEvent: false });
    });
    sink.onResume(() => attempts.resume());
    this.#trace.start();
    attempts.start();
  }

  timing(): GeminiStreamTiming | undefined {
    const timing = this.#attempts?.timing;
    return timing && { ...timing, ...this.#firsts.timesSince(timing.startedAt) };
  }

  verdict(): DeliveryVerdict | undefined {
    return this.#attempts?.verdict();
  }

  readonly emit = (event: StoredStreamEvent): void => {
    this.#firsts.see(event);
    this.#trace.event(event);
    if (event.type === 'retry' && event.discardFrom !== undefined) this.voids.last = event;
    if (this.#sink?.push(event) === false) this.#attempts?.pause();
  };

  chunkCame(length: number): void {
    this.#trace.chunk(length);
  }

  done({ error, isInsideEvent }: WireEnd): void {
    const [sink, attempts] = [this.#sink, this.#attempts];
    if (this.#isConcluded || sink === undefined || attempts === undefined) return;
    const { merger, count, skippedChunks } = attempts;
    const { response, isUsageFinal } = merger;
    const facts = { response, isUsageFinal, skippedChunks, attempts: count, attemptReports: attempts.reports() };
    const outcome = conclude({ ...facts, text: merger.text(), error, isInsideEvent });
    if (outcome.error === undefined) merger.finish(this.emit);
    // A subscriber may have stopped the stream on hearing that.
    if (this.#isConcluded) return;
    this.#isConcluded = true;
    attempts.stop();
    this.#trace.end(outcome);
    if (outcome.error === undefined || outcome.status === 'stopped') sink.end(outcome);
    else sink.fail(outcome.error, outcome);
  }
}

/**
 * Runs a stream's requests and tells what comes, in the socket's own turn: chunk, parser, events, sink, with nothing
 * waiting in between.
 */
export function createStreamSource(options: StreamSourceOptions): GeminiStreamSource {
  return new Source(options);
}

/** One stream to run. */
export interface StreamSourceOptions {
  readonly id: string;
  readonly model: string;
  readonly url: URL;
  readonly request: GenerateContentRequest;
  readonly rawChunks: boolean;
  readonly restart: boolean;
  readonly keepContent: boolean;
  readonly gemini: ResolvedGeminiOptions;
}
