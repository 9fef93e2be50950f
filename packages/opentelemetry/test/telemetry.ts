import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { type DataPoint, type Histogram, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { type InstrumentGeminiOptions, instrumentGemini } from '@gemini/opentelemetry';

/** Collects on demand. */
class DemandReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** Providers of the SDK whose exporters keep everything in memory. */
export function createTelemetry() {
  const spanExporter = new InMemorySpanExporter();
  const logExporter = new InMemoryLogRecordExporter();
  const reader = new DemandReader();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const loggerProvider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: logExporter })] });
  return {
    providers: { tracerProvider, meterProvider, loggerProvider },
    spans: (): ReadableSpan[] => spanExporter.getFinishedSpans(),
    span: (name: string): ReadableSpan => {
      const named = spanExporter.getFinishedSpans().filter((span) => span.name === name);
      const [span] = named;
      if (span === undefined || named.length > 1) throw new Error(`${named.length} spans are named ${name}`);
      return span;
    },
    logs: () => logExporter.getFinishedLogRecords(),
    /** Returns the data points of every metric, by its name. */
    metrics: async () => {
      const { resourceMetrics } = await reader.collect();
      const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
      return new Map(
        metrics.map(({ descriptor, dataPoints }) => [
          descriptor.name,
          { descriptor, points: dataPoints as DataPoint<number | Histogram>[] },
        ]),
      );
    },
  };
}

/** Everything that a test needs, until it is disposed of: providers, the instrumentation, and a context manager. */
export function instrumented(options: InstrumentGeminiOptions = {}) {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const telemetry = createTelemetry();
  const instrumentation = instrumentGemini({ ...telemetry.providers, ...options });
  return {
    ...telemetry,
    instrumentation,
    [Symbol.dispose](): void {
      instrumentation.disable();
      context.disable();
    },
  };
}

/** Returns the name of each span with those of its parents, from the outermost on. */
export function paths(spans: readonly ReadableSpan[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]));
  const pathOf = (span: ReadableSpan): string => {
    const parent = byId.get(span.parentSpanContext?.spanId ?? '');
    return parent === undefined ? span.name : `${pathOf(parent)} > ${span.name}`;
  };
  return spans.map(pathOf).toSorted();
}
