import { checkNames } from '@gemini/stream-manager';
import { type Attributes, type Context, type MeterProvider, type TracerProvider, diag } from '@opentelemetry/api';
import { contentVariable } from './names.ts';

/** The options, checked. */
export interface ResolvedOptions {
  readonly tracerProvider: TracerProvider | undefined;
  readonly meterProvider: MeterProvider | undefined;
  readonly loggerProvider: LoggerProviderLike | undefined;
  readonly capture: Capture;
}

/** The places that get prompts and answers. */
export interface Capture {
  readonly inSpans: boolean;
  readonly inEvents: boolean;
}

const methods = { tracerProvider: 'getTracer', meterProvider: 'getMeter', loggerProvider: 'getLogger' } as const;
const names = [...Object.keys(methods), 'captureContent'];

/**
 * Fills in the defaults, and reads the environment variable of the conventions if `captureContent` is not given.
 * @throws TypeError for an unknown option, with a suggestion, and for a value that is no provider
 */
export function resolveOptions(options: InstrumentGeminiOptions, environment = process.env): ResolvedOptions {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`instrumentGemini: expected an object of options, got ${String(options)}`);
  }
  checkNames('instrumentGemini', options, names);
  for (const [name, method] of Object.entries(methods) as [keyof typeof methods, string][]) {
    const value: unknown = options[name];
    if (value !== undefined && typeof (value as Record<string, unknown> | null)?.[method] !== 'function') {
      throw new TypeError(`${name}: expected a provider with ${method}(), got ${describe(value)}`);
    }
  }
  const { tracerProvider, meterProvider, loggerProvider, captureContent } = options;
  if (captureContent === 'event' && loggerProvider === undefined) {
    throw new TypeError("captureContent: expected a loggerProvider with 'event', which is where events go");
  }
  const capture =
    captureContent === undefined ? captureByVariable(environment[contentVariable]) : toCapture(captureContent);
  return { tracerProvider, meterProvider, loggerProvider, capture };
}

function toCapture(value: unknown): Capture {
  if (typeof value !== 'boolean' && value !== 'span' && value !== 'event') {
    throw new TypeError(`captureContent: expected true, false, 'span' or 'event', got ${describe(value)}`);
  }
  return { inSpans: value === true || value === 'span', inEvents: value === true || value === 'event' };
}

const captures: Readonly<Record<string, Capture>> = {
  '': toCapture(false),
  false: toCapture(false),
  no_content: toCapture(false),
  true: toCapture(true),
  span_and_event: toCapture(true),
  span_only: toCapture('span'),
  event_only: toCapture('event'),
};

/** An unknown value of the variable captures nothing: content is never recorded by mistake. */
function captureByVariable(value = ''): Capture {
  const capture = captures[value.toLowerCase()];
  if (capture !== undefined) return capture;
  const known = Object.keys(captures).filter((name) => name !== '');
  diag.warn(`${contentVariable}: expected one of ${known.join(', ')}, got '${value}'; content is not captured`);
  return toCapture(false);
}

function describe(value: unknown): string {
  return value === null ? 'null' : typeof value === 'string' ? `'${value}'` : typeof value;
}

/** Options of `instrumentGemini`. */
export interface InstrumentGeminiOptions {
  /** Gets the spans. @defaultValue the global provider, looked up at each stream */
  readonly tracerProvider?: TracerProvider | undefined;
  /** Gets the metrics. @defaultValue the global provider, looked up at each stream */
  readonly meterProvider?: MeterProvider | undefined;
  /** Gets the events, as log records. @defaultValue none: there are no events */
  readonly loggerProvider?: LoggerProviderLike | undefined;
  /**
   * Records prompts, answers, arguments and results: `'span'` as attributes of spans, `'event'` as log records, `true` as
   * both.
   * @defaultValue what `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` says (`true`, `span_only`, `event_only`,
   * `span_and_event`); without it nothing
   */
  readonly captureContent?: boolean | 'span' | 'event' | undefined;
}

/** The part of a `LoggerProvider` of `@opentelemetry/api-logs` that is used. */
export interface LoggerProviderLike {
  getLogger(name: string): { emit(record: LogRecordLike): void };
}

/** A log record that is an event. */
export interface LogRecordLike {
  readonly eventName: string;
  readonly severityNumber: number;
  readonly attributes: Attributes;
  readonly context: Context;
}
