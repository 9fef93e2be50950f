import type { GeminiError, StreamTraceContext } from '@gemini/client';
import {
  type Attributes,
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  context,
  trace,
} from '@opentelemetry/api';
import { contentAttributes } from './content.ts';
import type { Instruments } from './instruments.ts';
import { attribute, event, own } from './names.ts';
import type { Capture, LoggerProviderLike } from './options.ts';
import {
  type Asked,
  addRequest,
  askedBy,
  errorType,
  outputTokens,
  responseAttributes,
  sharedAttributes,
  spanName,
} from './stream-attributes.ts';

/** One answer: its span, and the measurements on the way. */
export class StreamSpan {
  /** The context in which the request of the answer is sent. */
  readonly context: Context;
  readonly #span: Span;
  readonly #stream: StreamTraceContext;
  readonly #instruments: Instruments;
  readonly #recorder: Recorder;
  #asked: Asked;
  /** Of every measurement of the answer. */
  #shared: Attributes;
  #lastChunkMs: number | undefined;

  constructor(stream: StreamTraceContext, tracer: Tracer, instruments: Instruments, recorder: Recorder) {
    const asked = askedBy(stream);
    const shared = sharedAttributes(stream, asked);
    const attributes = { ...shared };
    addRequest(attributes, stream);
    const parent = context.active();
    this.#span = tracer.startSpan(spanName(asked), { kind: SpanKind.CLIENT, attributes }, parent);
    this.context = trace.setSpan(parent, this.#span);
    this.#stream = stream;
    this.#instruments = instruments;
    this.#recorder = recorder;
    this.#asked = asked;
    this.#shared = shared;
  }

  chunk(): void {
    const nowMs = performance.now();
    if (this.#lastChunkMs === undefined) this.#shared = sharedAttributes(this.#stream, this.#asked);
    else this.#instruments.timePerOutputChunk.record((nowMs - this.#lastChunkMs) / 1_000, this.#shared);
    this.#lastChunkMs = nowMs;
  }

  /** A request is sent again; to another model after `fallback`. */
  resend({ kind, attempt, delayMs, code, status }: ResendMessage): void {
    const why = code === undefined ? {} : { [attribute.errorType]: String(status ?? code) };
    this.#instruments.resends.add(1, { ...this.#shared, [own.resendKind]: kind, ...why });
    if (kind === 'fallback') this.#useNextModel();
    const facts = { [own.attempt]: attempt, [own.delay]: delayMs / 1_000, ...why };
    this.#span.addEvent(`gemini.stream.${kind}`, kind === 'fallback' ? { ...facts, ...this.#model() } : facts);
  }

  /** Ends the span, also if a provider throws on the way. */
  end(): void {
    try {
      this.#recordEnd();
    } finally {
      this.#span.end();
    }
  }

  #recordEnd(): void {
    const stream = this.#stream;
    const shared = sharedAttributes(stream, this.#asked);
    const response = responseAttributes(stream);
    this.#measure(shared);
    this.#span.setAttributes(response);
    const error = stream.error as GeminiError | undefined;
    if (error !== undefined) {
      this.#span.setAttribute(attribute.errorType, errorType(error));
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: error.code });
      this.#emitException(shared, error);
    }
    this.#recordContent(shared, response);
  }

  /** Ends the span of an answer that still runs, without an outcome. */
  abandon(): void {
    this.#span.end();
  }

  #measure(shared: Attributes): void {
    const { durationMs = 0, firstChunkMs, usage, error, verdict, verdictCause, endedBy } = this.#stream;
    const { duration, timeToFirstChunk, tokenUsage, ends } = this.#instruments;
    const failure = error === undefined ? {} : { [attribute.errorType]: errorType(error as GeminiError) };
    duration.record(durationMs / 1_000, { ...shared, ...failure });
    if (firstChunkMs !== undefined) timeToFirstChunk.record(firstChunkMs / 1_000, shared);
    for (const [type, count] of [
      ['input', usage?.promptTokenCount],
      ['output', outputTokens(usage)],
    ] as const) {
      if (count !== undefined) tokenUsage.record(count, { ...shared, [attribute.tokenType]: type });
    }
    const how = { [own.endedBy]: endedBy, [own.verdict]: verdict };
    const why = verdictCause === undefined ? {} : { [own.cause]: verdictCause };
    ends.add(1, { ...shared, ...failure, ...how, ...why });
  }

  #useNextModel(): void {
    this.#asked = askedBy(this.#stream);
    this.#span.updateName(spanName(this.#asked));
    this.#shared = sharedAttributes(this.#stream, this.#asked);
    this.#span.setAttributes(this.#model());
  }

  #model(): Attributes {
    return this.#asked.name === undefined ? {} : { [attribute.requestModel]: this.#asked.name };
  }

  /** The words of a server may quote the prompt, so they are content. */
  #emitException(shared: Attributes, error: GeminiError): void {
    const { inSpans, inEvents } = this.#recorder.capture;
    this.#recorder.emit(event.exception, warn, this.context, {
      ...shared,
      [attribute.errorType]: errorType(error),
      [attribute.exceptionType]: error.name,
      ...(inSpans || inEvents ? { [attribute.exceptionMessage]: error.message } : {}),
    });
  }

  #recordContent(shared: Attributes, response: Attributes): void {
    const { capture } = this.#recorder;
    const inSpan = capture.inSpans && this.#span.isRecording();
    const inEvent = capture.inEvents && this.#recorder.hasEvents;
    if (!inSpan && !inEvent) return;
    const content = contentAttributes(this.#stream);
    if (inSpan) this.#span.setAttributes(content);
    if (!inEvent) return;
    const attributes = { ...shared };
    addRequest(attributes, this.#stream);
    this.#recorder.emit(event.details, info, this.context, { ...attributes, ...response, ...content });
  }
}

/** The severities of log records. */
const info = 9;
const warn = 13;

/** Emits events, if there is a provider for them. */
export class Recorder {
  readonly capture: Capture;
  readonly #loggers: LoggerProviderLike | undefined;

  constructor(capture: Capture, loggers: LoggerProviderLike | undefined) {
    this.capture = capture;
    this.#loggers = loggers;
  }

  get hasEvents(): boolean {
    return this.#loggers !== undefined;
  }

  emit(eventName: string, severityNumber: number, within: Context, attributes: Attributes): void {
    this.#loggers?.getLogger('@gemini/opentelemetry').emit({ eventName, severityNumber, attributes, context: within });
  }
}

/** The message of `gemini:stream:retry`. */
export interface ResendMessage {
  readonly stream: StreamTraceContext;
  readonly kind: 'retry' | 'resume' | 'fallback';
  readonly attempt: number;
  readonly delayMs: number;
  readonly code?: string | undefined;
  readonly status?: number | undefined;
}
