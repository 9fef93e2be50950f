import { channel, tracingChannel } from 'node:diagnostics_channel';
import type { StreamTraceContext, ToolTraceContext } from '@gemini/client';
import { type Tracer, context, trace } from '@opentelemetry/api';
import { guarded } from './guarded.ts';
import { InstrumentSource } from './instruments.ts';
import { type InstrumentGeminiOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import { Recorder, type ResendMessage, StreamSpan } from './stream-span.ts';
import { ToolSpan } from './tool-span.ts';

const streams = tracingChannel<unknown, StreamTraceContext>('gemini:stream');
const tools = tracingChannel<unknown, ToolTraceContext>('gemini:tool');
const chunks = channel('gemini:stream:chunk');
const resends = channel('gemini:stream:retry');

/**
 * Records every stream of `@gemini/client` in this process, from now on: a span for each answer and each function call,
 * metrics, and with `loggerProvider` events. The requests of a stream run in its span. Call it once for each set of
 * providers; each call records by itself.
 * @throws TypeError for an unknown option, and for a value that is no provider
 */
export function instrumentGemini(options: InstrumentGeminiOptions = {}): GeminiInstrumentation {
  return new Instrumentation(resolveOptions(options));
}

/** The streams and calls that run, each with its span. */
class Instrumentation implements GeminiInstrumentation {
  readonly #streams = new Map<StreamTraceContext, StreamSpan>();
  readonly #tools = new Map<ToolTraceContext, ToolSpan>();
  readonly #instruments: InstrumentSource;
  readonly #recorder: Recorder;
  readonly #options: ResolvedOptions;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#instruments = new InstrumentSource(options.meterProvider);
    this.#recorder = new Recorder(options.capture, options.loggerProvider);
    streams.start.subscribe(this.#onStreamStart);
    streams.asyncEnd.subscribe(this.#onStreamEnd);
    chunks.subscribe(this.#onChunk);
    resends.subscribe(this.#onResend);
    tools.start.subscribe(this.#onToolStart);
    tools.asyncEnd.subscribe(this.#onToolEnd);
  }

  disable(): void {
    streams.start.unsubscribe(this.#onStreamStart);
    streams.asyncEnd.unsubscribe(this.#onStreamEnd);
    chunks.unsubscribe(this.#onChunk);
    resends.unsubscribe(this.#onResend);
    tools.start.unsubscribe(this.#onToolStart);
    tools.asyncEnd.unsubscribe(this.#onToolEnd);
    for (const span of [...this.#streams.values(), ...this.#tools.values()]) span.abandon();
    this.#streams.clear();
    this.#tools.clear();
  }

  readonly #onStreamStart = guarded((stream: StreamTraceContext) => {
    const span = new StreamSpan(stream, this.#tracer(), this.#instruments.current, this.#recorder);
    this.#streams.set(stream, span);
    stream.runInside((send) => context.with(span.context, send));
  });

  readonly #onToolStart = guarded((call: ToolTraceContext) => {
    const span = new ToolSpan(call, this.#tracer(), this.#instruments.current, this.#options.capture);
    this.#tools.set(call, span);
    call.runInside((run) => context.with(span.context, run));
  });

  readonly #onChunk = guarded(({ stream }: { readonly stream: StreamTraceContext }) =>
    this.#streams.get(stream)?.chunk(),
  );

  readonly #onResend = guarded((message: ResendMessage) => this.#streams.get(message.stream)?.resend(message));

  readonly #onStreamEnd = guarded((stream: StreamTraceContext) => {
    const span = this.#streams.get(stream);
    this.#streams.delete(stream);
    span?.end();
  });

  readonly #onToolEnd = guarded((call: ToolTraceContext) => {
    const span = this.#tools.get(call);
    this.#tools.delete(call);
    span?.end();
  });

  #tracer(): Tracer {
    return (this.#options.tracerProvider ?? trace.getTracerProvider()).getTracer('@gemini/opentelemetry');
  }
}

/** A running instrumentation, as `instrumentGemini` returns it. */
export interface GeminiInstrumentation {
  /** Stops recording. The spans that are open end now, without an outcome. */
  disable(): void;
}
