import type { ToolTraceContext } from '@gemini/client';
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
import { jsonText } from './content.ts';
import type { Instruments } from './instruments.ts';
import { attribute, operation } from './names.ts';
import type { Capture } from './options.ts';

/** One call of a function: its span, active while the function runs. */
export class ToolSpan {
  /** The context in which the function runs. */
  readonly context: Context;
  readonly #span: Span;
  readonly #call: ToolTraceContext;
  readonly #instruments: Instruments;
  readonly #capture: Capture;

  constructor(call: ToolTraceContext, tracer: Tracer, instruments: Instruments, capture: Capture) {
    const parent = context.active();
    const { name, callId } = call;
    const attributes: Attributes = { [attribute.operation]: operation.tool, [attribute.toolType]: 'function' };
    if (name !== undefined) attributes[attribute.toolName] = name;
    if (callId !== undefined) attributes[attribute.toolCallId] = callId;
    this.#span = tracer.startSpan(
      `${operation.tool}${call.isKnown ? ` ${name}` : ''}`,
      { kind: SpanKind.INTERNAL, attributes },
      parent,
    );
    this.context = trace.setSpan(parent, this.#span);
    this.#call = call;
    this.#instruments = instruments;
    this.#capture = capture;
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
    const { name, isKnown, durationMs = 0, failure, args, response } = this.#call;
    const failed = failure === undefined ? {} : { [attribute.errorType]: failure };
    // A name that the model invented would be one more series for each invention.
    const named = isKnown && name !== undefined ? { [attribute.toolName]: name } : {};
    this.#instruments.toolDuration.record(durationMs / 1_000, {
      [attribute.operation]: operation.tool,
      ...named,
      ...failed,
    });
    this.#span.setAttributes(failed);
    if (failure !== undefined) this.#span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
    if (this.#capture.inSpans && this.#span.isRecording()) {
      this.#span.setAttribute(attribute.toolArguments, jsonText(args ?? {}));
      this.#span.setAttribute(attribute.toolResult, jsonText(response));
    }
  }

  /** Ends the span of a call that still runs. */
  abandon(): void {
    this.#span.end();
  }
}
