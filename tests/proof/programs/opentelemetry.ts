import { createGemini } from '@gemini/client';
import { instrumentGemini } from '@gemini/opentelemetry';
import type { Span, Tracer, TracerProvider } from '@opentelemetry/api';
import { trace } from '@opentelemetry/api';

// A provider that keeps the names of its spans: the program has the API, and no SDK.
const names: string[] = [];
const startSpan = (name: string): Span => {
  names.push(name);
  return trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 });
};
const tracerProvider: TracerProvider = { getTracer: () => ({ startSpan }) as unknown as Tracer };
instrumentGemini({ tracerProvider });
console.log(await createGemini({ baseUrl: process.env['EMULATOR_URL'] }).stream('Say it works').text());
if (names.join() !== 'generate_content gemini-flash-latest') throw new Error(`the spans are ${names.join()}`);
