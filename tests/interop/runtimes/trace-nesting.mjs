import { createGemini, tool } from '@gemini/client';
import { instrumentGemini } from '@gemini/opentelemetry';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';

/** Streams a turn with a function, and prints each span with those that it is below, a line each. */
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
new UndiciInstrumentation().setTracerProvider(tracerProvider);
instrumentGemini({ tracerProvider });

const tracer = tracerProvider.getTracer('app');
const weather = tool({ name: 'weather', execute: () => tracer.startActiveSpan('station', (span) => span.end()) });
await tracer.startActiveSpan('caller', async (span) => {
  await createGemini()
    .stream('hi', { tools: [weather] })
    .text();
  span.end();
});

const spans = exporter.getFinishedSpans();
const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]));
const pathOf = (span) => {
  const parent = byId.get(span.parentSpanContext?.spanId);
  return parent === undefined ? span.name : `${pathOf(parent)} > ${span.name}`;
};
process.stdout.write(`${spans.map(pathOf).join('\n')}\n`);
process.exit();
