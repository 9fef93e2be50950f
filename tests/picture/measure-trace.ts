import { createGemini, tool } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { instrumentGemini } from '@gemini/opentelemetry';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { setTimeout as delay } from 'node:timers/promises';

/** A span, with its times since the start of the trace, in milliseconds. */
export interface MeasuredSpan {
  readonly name: string;
  /** How many spans it is below. */
  readonly depth: number;
  readonly startMs: number;
  readonly endMs: number;
  /** The first chunk of a stream. */
  readonly firstChunkMs: number | undefined;
  readonly verdict: string | undefined;
  readonly events: readonly { readonly name: string; readonly atMs: number }[];
}

/** Long enough for a verdict. */
const secondAnswer =
  'It rains in Oslo today, and it will rain until the evening. Take an umbrella, or wait: tomorrow the sky clears before noon, and the rest of the week stays dry, with a little wind from the sea in the afternoons.';

/**
 * Traces one turn of an app over real sockets: the first request is refused and sent again, the model calls a function, and
 * a second answer follows. The spans are in the order of their start, each above those below it.
 */
export async function measureTrace(pace: {
  readonly timeToFirstTokenMs: number;
  readonly tokensPerSecond: number;
}): Promise<MeasuredSpan[]> {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const undici = new UndiciInstrumentation();
  undici.setTracerProvider(tracerProvider);
  undici.enable();
  const instrumentation = instrumentGemini({ tracerProvider });
  try {
    await tracerProvider.getTracer('app').startActiveSpan('POST /ask', async (span) => {
      await askWithFunction(pace);
      span.end();
    });
  } finally {
    instrumentation.disable();
    undici.disable();
    context.disable();
  }
  return arrange(exporter);
}

async function askWithFunction(pace: {
  readonly timeToFirstTokenMs: number;
  readonly tokensPerSecond: number;
}): Promise<void> {
  await using emulator = await createEmulator({ pace });
  // The answer that was added last is tried first.
  emulator.answer({}, { functionCalls: [{ name: 'weather', args: { city: 'Oslo' } }] });
  emulator.answer({ functionResponse: 'weather' }, { text: secondAnswer });
  emulator.answer({}, { error: { status: 'UNAVAILABLE', message: 'busy' } }, 1);
  const weather = tool({ name: 'weather', execute: () => delay(pace.timeToFirstTokenMs / 2, 'rain') });
  const gemini = createGemini({
    baseUrl: emulator.url,
    apiKey: 'test-key',
    retry: { baseDelayMs: pace.timeToFirstTokenMs },
  });
  await gemini.stream('Do I need an umbrella in Oslo?', { tools: [weather] }).text();
}

function arrange(exporter: InMemorySpanExporter): MeasuredSpan[] {
  const spans = exporter.getFinishedSpans();
  const msOf = ([seconds, nanoseconds]: readonly [number, number]): number => seconds * 1_000 + nanoseconds / 1e6;
  const beginMs = Math.min(...spans.map(({ startTime }) => msOf(startTime)));
  const since = (time: readonly [number, number]): number => msOf(time) - beginMs;
  const below = (parent: string | undefined, depth: number): MeasuredSpan[] =>
    spans
      .filter((span) => span.parentSpanContext?.spanId === parent)
      .toSorted((a, b) => since(a.startTime) - since(b.startTime))
      .flatMap((span) => {
        const { name, attributes, events } = span;
        const startMs = since(span.startTime);
        const firstChunk = attributes['gen_ai.response.time_to_first_chunk'];
        const verdict = attributes['gemini.stream.verdict'];
        return [
          {
            name,
            depth,
            startMs,
            endMs: since(span.endTime),
            firstChunkMs: typeof firstChunk === 'number' ? startMs + firstChunk * 1_000 : undefined,
            verdict: typeof verdict === 'string' ? verdict : undefined,
            events: events.map((event) => ({ name: event.name, atMs: since(event.time) })),
          },
          ...below(span.spanContext().spanId, depth + 1),
        ];
      });
  return below(undefined, 0);
}
